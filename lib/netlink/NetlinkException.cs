using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// The kernel answered a netlink request with an error (NLMSG_ERROR, linux/netlink.h), with what its extended
/// acknowledgement added. (A failed send or receive is <see cref="SyscallException"/>.)
/// </summary>
public sealed class NetlinkException : Exception
{
    /// <summary>An answer to <paramref name="operation"/>, such as «add route 10.1.0.0/24 dev eth0».</summary>
    public NetlinkException(string operation, Errno errno, string? kernelText = null, int? attributeOffset = null, int? attributeType = null, int? missingAttribute = null, uint sequence = 0)
        : base(Text(operation, errno, kernelText, attributeOffset, attributeType, missingAttribute))
    {
        Operation = operation;
        Errno = errno;
        KernelText = kernelText;
        AttributeOffset = attributeOffset;
        AttributeType = attributeType;
        MissingAttribute = missingAttribute;
        Sequence = sequence;
    }

    /// <summary>What was asked, naming the object.</summary>
    public string Operation { get; }

    /// <summary>The answer.</summary>
    public Errno Errno { get; }

    /// <summary>The kernel's own words (NLMSGERR_ATTR_MSG), if it gave any.</summary>
    public string? KernelText { get; }

    /// <summary>Where in the request the offending attribute begins (NLMSGERR_ATTR_OFFS), in bytes from the message header.</summary>
    public int? AttributeOffset { get; }

    /// <summary>The type of the attribute at <see cref="AttributeOffset"/>, flags masked.</summary>
    public int? AttributeType { get; }

    /// <summary>The type of an attribute the kernel missed (NLMSGERR_ATTR_MISS_TYPE).</summary>
    public int? MissingAttribute { get; }

    /// <summary>The sequence number of the request.</summary>
    public uint Sequence { get; }

    private static string Text(string operation, Errno errno, string? kernelText, int? offset, int? type, int? missing)
    {
        var text = $"{operation}: {errno.Describe()}";
        if (kernelText is not null)
        {
            text += $": {kernelText}";
        }

        if (offset is not null)
        {
            text += type is null ? $" (at byte {offset})" : $" (attribute {type} at byte {offset})";
        }

        return missing is null ? text : $"{text} (attribute {missing} is missing)";
    }
}
