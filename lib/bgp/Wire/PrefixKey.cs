using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.Bgp.Wire;

/// <summary>
/// A prefix of one address family in the form that tables hash: the bits left-aligned in two words, and the length. 24 octets; the family is
/// that of the table it stands in.
/// </summary>
public readonly record struct PrefixKey(ulong High, ulong Low, byte Length)
{
    /// <summary>Octets on the wire with the length octet, without a path identifier.</summary>
    public int WireSize => 1 + ((Length + 7) / 8);

    /// <summary>From a prefix; host bits are cleared.</summary>
    public static PrefixKey Of(IpPrefix prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        var written = prefix.Masked.Address.WriteTo(bytes);
        return Read(bytes[..written], prefix.Length);
    }

    /// <summary>As a prefix of the family.</summary>
    public IpPrefix ToPrefix(IpFamily family)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        return new IpPrefix(IpAddress.FromBytes(bytes[..(family == IpFamily.V4 ? 4 : 16)]), Length);
    }

    /// <summary>A well-mixed hash.</summary>
    public uint Hash()
    {
        var hash = (High ^ (Low * 0x9E3779B97F4A7C15)) + Length;
        hash *= 0xD6E8FEB86659FD93;
        return (uint)(hash >> 32) ^ (uint)hash;
    }

    /// <summary>Writes length and bits and returns how many octets that took.</summary>
    public int WriteTo(Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        destination[0] = Length;
        var octets = (Length + 7) / 8;
        bytes[..octets].CopyTo(destination[1..]);
        return 1 + octets;
    }

    internal static PrefixKey Read(ReadOnlySpan<byte> octets, byte bits)
    {
        ulong high = 0, low = 0;
        for (var i = 0; i < octets.Length; i++)
        {
            if (i < 8)
            {
                high |= (ulong)octets[i] << (56 - (8 * i));
            }
            else
            {
                low |= (ulong)octets[i] << (120 - (8 * i));
            }
        }

        high &= bits >= 64 ? ulong.MaxValue : bits == 0 ? 0 : ulong.MaxValue << (64 - bits);
        low &= bits <= 64 ? 0 : ulong.MaxValue << (128 - bits);
        return new(high, low, bits);
    }
}
