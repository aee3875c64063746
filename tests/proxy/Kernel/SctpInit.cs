using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

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

    /// <summary>Sends an INIT and gives the port at which it comes to the server, or 0.</summary>
    /// <param name="client">Where from.</param>
    /// <param name="address">Where to.</param>
    /// <param name="port">The port there.</param>
    /// <param name="server">Where it should come.</param>
    /// <param name="from">The source port; none for any, as it is after masquerading.</param>
    /// <param name="patience">In milliseconds.</param>
    public static async Task<int> ExchangeAsync(Socket client, string address, ushort port, Socket server, ushort? from = null, int patience = 3000)
    {
        await client.SendToAsync(Write(from ?? 5000, port), new IPEndPoint(IPAddress.Parse(address), 0), TestContext.Current.CancellationToken);
        var buffer = new byte[1500];
        using var limit = new CancellationTokenSource(patience);
        try
        {
            while (true)
            {
                var length = await server.ReceiveAsync(buffer, limit.Token);
                if (TryRead(buffer.AsSpan(0, length), out var source, out var destination) && (from is null || source == from))
                {
                    return destination;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
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
