using System.Buffers.Binary;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>An SCTP packet with one INIT chunk (RFC 9260 section 3.3.2), for kernels without SCTP sockets.</summary>
internal static class SctpInit
{
    private const int Length = 12 + 20;

    public static byte[] Write(ushort source, ushort destination)
    {
        var packet = new byte[Length];
        BinaryPrimitives.WriteUInt16BigEndian(packet, source);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), destination);
        // The verification tag of an INIT is zero (section 8.5.1).
        packet[12] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(14), 20);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), 0x1234);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(20), 65536);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(26), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), Crc32c(packet));
        return packet;
    }

    /// <summary>Reads ports of an IPv4 packet with an INIT whose checksum is right; translation has to have put it right.</summary>
    public static bool TryRead(ReadOnlySpan<byte> ip, out ushort source, out ushort destination)
    {
        (source, destination) = (0, 0);
        var header = ip.Length > 20 ? (ip[0] & 15) * 4 : 0;
        if (header < 20 || ip.Length < header + Length || ip[header + 12] != 1)
        {
            return false;
        }

        var packet = ip[header..].ToArray();
        var given = BinaryPrimitives.ReadUInt32LittleEndian(packet.AsSpan(8));
        packet.AsSpan(8, 4).Clear();
        (source, destination) = (BinaryPrimitives.ReadUInt16BigEndian(packet), BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2)));
        return given == Crc32c(packet);
    }

    private static uint Crc32c(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
