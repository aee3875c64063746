using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// The Internet checksum (RFC 1071), summed in this machine's byte order, which gives the same bytes (section 2 B). Sums are kept in 64 bits and
/// folded at the end.
/// </summary>
internal static class InternetChecksum
{
    /// <summary>Adds bytes to a sum. Only the last piece of a checksum may have an odd length.</summary>
    public static ulong Add(ReadOnlySpan<byte> bytes, ulong sum = 0)
    {
        ref var start = ref MemoryMarshal.GetReference(bytes);
        nuint at = 0;
        var length = (nuint)bytes.Length;
        if (length >= 32)
        {
            // 32-bit words in 64-bit lanes: no carry can be lost below 2^32 words.
            Vector128<ulong> a = default, b = default, c = default, d = default;
            for (; at + 32 <= length; at += 32)
            {
                var first = Vector128.LoadUnsafe(ref start, at).AsUInt32();
                var second = Vector128.LoadUnsafe(ref start, at + 16).AsUInt32();
                var (low, high) = Vector128.Widen(first);
                a += low;
                b += high;
                (low, high) = Vector128.Widen(second);
                c += low;
                d += high;
            }

            sum += Vector128.Sum(a + b + c + d);
        }

        for (; at + 4 <= length; at += 4)
        {
            sum += Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, at));
        }

        if (at + 2 <= length)
        {
            sum += Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref start, at));
            at += 2;
        }

        if (at < length)
        {
            sum += BitConverter.IsLittleEndian ? Unsafe.Add(ref start, at) : (ulong)Unsafe.Add(ref start, at) << 8;
        }

        return sum;
    }

    /// <summary>The sum of a pseudo header (RFC 9293 section 3.1): the addresses as they stand in the packet.</summary>
    public static ulong PseudoHeader(ReadOnlySpan<byte> ipHeader, byte protocol, int length) =>
        Add(ipHeader.Slice(12, 8), (ulong)Network(protocol) + Network((ushort)length));

    /// <summary>The sum in 16 bits, not complemented.</summary>
    public static ushort Fold(ulong sum)
    {
        sum = (sum >> 32) + (sum & 0xFFFFFFFF);
        sum = (sum >> 32) + (sum & 0xFFFFFFFF);
        sum = (sum >> 16) + (sum & 0xFFFF);
        sum = (sum >> 16) + (sum & 0xFFFF);
        return (ushort)((sum >> 16) + (sum & 0xFFFF));
    }

    /// <summary>What goes into the packet, in this machine's byte order.</summary>
    public static ushort Finish(ulong sum) => (ushort)~Fold(sum);

    /// <summary>A 16-bit number as it stands in a packet.</summary>
    public static ushort Network(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
