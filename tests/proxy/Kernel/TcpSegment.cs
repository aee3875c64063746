using System.Buffers.Binary;
using System.Net;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>A TCP segment with a right checksum (RFC 9293 section 3.1), for what no TCP would send.</summary>
internal static class TcpSegment
{
    private const int Length = 20;

    /// <summary>An ACK without data.</summary>
    public static byte[] Acknowledge(string from, ushort fromPort, string to, ushort toPort, uint sequence)
    {
        var segment = new byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(segment, fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), toPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(8), sequence ^ 0x55555555);
        segment[12] = (Length / 4) << 4;
        segment[13] = 0x10;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), 1024);
        byte[] sum = [.. IPAddress.Parse(from).GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes(), 0, 6, 0, Length, .. segment];
        var total = 0u;
        for (var i = 0; i < sum.Length; i += 2)
        {
            total += BinaryPrimitives.ReadUInt16BigEndian(sum.AsSpan(i));
        }

        total = (total & 0xffff) + (total >> 16);
        total = (total & 0xffff) + (total >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(16), (ushort)~total);
        return segment;
    }

    /// <summary>True for an IPv4 packet with a segment from this address, and its port.</summary>
    public static bool IsFrom(ReadOnlySpan<byte> ip, string address, out ushort port)
    {
        port = 0;
        var header = ip.Length > 20 ? (ip[0] & 15) * 4 : 0;
        if (header < 20 || ip.Length < header + Length || ip[9] != 6 || !ip.Slice(12, 4).SequenceEqual(IPAddress.Parse(address).GetAddressBytes()))
        {
            return false;
        }

        port = BinaryPrimitives.ReadUInt16BigEndian(ip[header..]);
        return true;
    }
}
