using System.Runtime.InteropServices;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// The kernel's answer to one request: <c>struct nlmsgerr</c> and the extended acknowledgement behind it
/// (linux/netlink.h, NLMSGERR_ATTR_*), or the errno that ends a dump in NLMSG_DONE.
/// </summary>
public readonly ref struct NetlinkAck
{
    private const int ErrorHeaderLength = 4 + NetlinkMessage.HeaderLength;
    private const int AttributeText = 1;
    private const int AttributeOffs = 2;
    private const int AttributeMissType = 5;

    private readonly ReadOnlySpan<byte> text;

    private NetlinkAck(Errno errno, uint sequence, ReadOnlySpan<byte> text, int? attributeOffset, int? missingAttribute)
    {
        Errno = errno;
        Sequence = sequence;
        this.text = text;
        AttributeOffset = attributeOffset;
        MissingAttribute = missingAttribute;
    }

    /// <summary>The answer, positive; <see cref="Errno.None"/> is an acknowledgement.</summary>
    public Errno Errno { get; }

    /// <summary>The sequence number of the request.</summary>
    public uint Sequence { get; }

    /// <summary>The offending attribute's place in the request, in bytes from its header.</summary>
    public int? AttributeOffset { get; }

    /// <summary>The type of an attribute that the kernel missed.</summary>
    public int? MissingAttribute { get; }

    /// <summary>The kernel's own words, or null.</summary>
    public string? KernelText => text.IsEmpty ? null : Encoding.UTF8.GetString(text);

    /// <summary>Reads NLMSG_ERROR or NLMSG_DONE.</summary>
    /// <exception cref="NetlinkProtocolException">It is shorter than its own lengths say.</exception>
    public static NetlinkAck Read(in NetlinkMessage message)
    {
        var payload = message.Payload;
        if (payload.Length < 4)
        {
            // A dump of an old kernel ends without an errno.
            return message.Type == NetlinkMessage.Done
                ? new NetlinkAck(Errno.None, message.Sequence, default, null, null)
                : throw new NetlinkProtocolException("an error without an errno", message.Offset);
        }

        var errno = (Errno)(-MemoryMarshal.Read<int>(payload));
        if ((message.Flags & NetlinkFlags.AckAttributes) == 0)
        {
            return new NetlinkAck(errno, message.Sequence, default, null, null);
        }

        var start = 4;
        if (message.Type == NetlinkMessage.Error)
        {
            if (payload.Length < ErrorHeaderLength)
            {
                throw new NetlinkProtocolException("an error without the header of its request", message.Offset);
            }

            start = ErrorHeaderLength;
            if ((message.Flags & NetlinkFlags.Capped) == 0)
            {
                var requestLength = MemoryMarshal.Read<uint>(payload[4..]);
                var end = 4L + ((requestLength + 3L) & ~3L);
                if (requestLength < NetlinkMessage.HeaderLength || end > payload.Length)
                {
                    throw new NetlinkProtocolException($"an error repeats a request of {requestLength} bytes in {payload.Length}", message.Offset);
                }

                start = (int)end;
            }
        }

        ReadOnlySpan<byte> words = default;
        int? offset = null;
        int? missing = null;
        var attributes = new AttributeReader(payload[start..], message.Offset + start);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case AttributeText:
                    words = attributes.Data;
                    words = words[..(words.IndexOf((byte)0) is >= 0 and var zero ? zero : words.Length)];
                    break;
                case AttributeOffs:
                    offset = (int)attributes.UInt32();
                    break;
                case AttributeMissType:
                    missing = (int)attributes.UInt32();
                    break;
            }
        }

        return new NetlinkAck(errno, message.Sequence, words, offset, missing);
    }

    /// <summary>The exception for a refused request.</summary>
    /// <param name="operation">What was asked, naming the object.</param>
    /// <param name="request">The message as it was sent, to name the attribute; empty where it is not at hand.</param>
    public NetlinkException ToException(string operation, ReadOnlySpan<byte> request)
    {
        int? type = AttributeOffset is >= NetlinkMessage.HeaderLength and var at && at + 4 <= request.Length
            ? MemoryMarshal.Read<ushort>(request[(at + 2)..]) & AttributeReader.TypeMask
            : null;
        return new NetlinkException(operation, Errno, KernelText, AttributeOffset, type, MissingAttribute, Sequence);
    }
}
