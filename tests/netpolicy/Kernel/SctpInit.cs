using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Podwire.NetPolicy.Tests.Interop;
using Podwire.Netlink.Namespaces;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>First packets of SCTP associations (RFC 9260 section 3.3.2) over raw sockets: this kernel may have no SCTP sockets, and translates it all the same.</summary>
internal static class SctpInit
{
    private const int Sctp = 132;
    private const int HeaderLength = 12;
    private const int ChunkLength = 20;

    public static Socket Open(NetNamespace space, string address) => space.Run(() =>
    {
        var socket = new Socket(RawSocket.Open(Sctp)) { ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        return socket;
    });

    public static void Send(Socket socket, string address, int sourcePort, int destinationPort)
    {
        var packet = new byte[HeaderLength + ChunkLength];
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)destinationPort);

        // INIT, its length, a tag, a window, one stream each way, a first number.
        packet[12] = 1;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(14), ChunkLength);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(16), 0x12345678);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(20), 65536);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(26), 1);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(28), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), Crc32c(packet));
        socket.SendTo(packet, new IPEndPoint(IPAddress.Parse(address), 0));
    }

    /// <summary>The ports of the next packet.</summary>
    public static (int Source, int Destination) Receive(Socket socket)
    {
        var buffer = new byte[200];
        socket.Receive(buffer);
        var header = (buffer[0] & 15) * 4;
        return (BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(header)), BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(header + 2)));
    }

    // RFC 9260 appendix A; the field itself counts as zero.
    private static uint Crc32c(ReadOnlySpan<byte> packet)
    {
        var crc = uint.MaxValue;
        foreach (var b in packet)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
