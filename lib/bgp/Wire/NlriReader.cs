using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>Walks over a list of prefixes (RFC 4271 section 4.3, path identifiers by RFC 7911 section 3).</summary>
public ref struct NlriReader(ReadOnlySpan<byte> data, IpFamily family, bool hasPathIds)
{
    private ReadOnlySpan<byte> rest = data;

    /// <summary>The prefix, host bits cleared.</summary>
    public PrefixKey Prefix { get; private set; }

    /// <summary>The path identifier, 0 without add-path.</summary>
    public uint PathId { get; private set; }

    /// <summary>Moves to the next prefix; false at the end.</summary>
    /// <exception cref="BgpProtocolException">A prefix that is too long or cut off: the rest of the message cannot be read (RFC 7606 section 3 j).</exception>
    public bool MoveNext()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        if (hasPathIds)
        {
            if (rest.Length < 5)
            {
                throw Invalid("a path identifier is cut off");
            }

            PathId = BinaryPrimitives.ReadUInt32BigEndian(rest);
            rest = rest[4..];
        }

        var bits = rest[0];
        var octets = (bits + 7) / 8;
        if (bits > (family == IpFamily.V4 ? 32 : 128))
        {
            throw Invalid($"a prefix length of {bits}");
        }

        if (rest.Length < 1 + octets)
        {
            throw Invalid("a prefix is cut off");
        }

        Prefix = PrefixKey.Read(rest.Slice(1, octets), bits);
        rest = rest[(1 + octets)..];
        return true;
    }

    private static BgpProtocolException Invalid(string message) => new(BgpErrorCode.UpdateMessage, BgpSubcode.UpdateInvalidNetworkField, message);
}
