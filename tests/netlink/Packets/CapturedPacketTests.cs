using Podwire.Fuzz;
using Podwire.Netlink.Interop;
using Podwire.Netlink.Packets;

namespace Podwire.Netlink.Tests.Packets;

/// <summary>The messages that packets come in, byte by byte.</summary>
public class CapturedPacketTests
{
    private static readonly byte[] Packet = [0x45, 0, 0, 20, 1, 2, 3];

    [Fact]
    public void Read_MessagesOfAQueueAndALog_GivesThePacketAndItsNumber()
    {
        Assert.Equal((0x01020304u, Convert.ToHexString(Packet)), Told(Queued()));
        Assert.Equal((0u, Convert.ToHexString(Packet)), Told(Logged()));
        // A queue wants every packet's verdict, whatever is in it.
        Assert.Equal((0x01020304u, string.Empty), Told(Message(NfPackets.NFQNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_QUEUE, (NfPackets.NFQA_PACKET_HDR, [1, 2, 3, 4, 8, 0, 0]))));
        Assert.Empty(Decode(Message(NfPackets.NFULNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_ULOG)));
        Assert.Empty(Decode(Message(1, NfPackets.NFNL_SUBSYS_QUEUE, (NfPackets.NFQA_PAYLOAD, Packet))));
        Assert.Throws<NetlinkProtocolException>(() => Decode(Message(NfPackets.NFQNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_QUEUE, (NfPackets.NFQA_PACKET_HDR, [1, 2, 3]))));
    }

    [Fact]
    [Trait("fuzz", "yes")]
    public void Read_Anything_ThrowsNothingButTheProtocolException() =>
        Fuzzer.Run("packets of nfnetlink_queue and _log", [Queued(), Logged(), [.. Queued(), .. Logged()]], static bytes => Decode(bytes), static e => e is NetlinkProtocolException);

    private static byte[] Queued() => Message(NfPackets.NFQNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_QUEUE, (NfPackets.NFQA_PACKET_HDR, [1, 2, 3, 4, 8, 0, 0]), (3, [0, 0, 0, 1]), (NfPackets.NFQA_PAYLOAD, Packet));

    private static byte[] Logged() => Message(NfPackets.NFULNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_ULOG, (1, [8, 0, 3, 0]), (10, "prefix\0"u8.ToArray()), (NfPackets.NFULA_PAYLOAD, Packet));

    private static (uint Id, string Bytes) Told(byte[] datagram)
    {
        var packet = Assert.Single(Decode(datagram));
        return (packet.Id, Convert.ToHexString(packet.Bytes));
    }

    private static List<CapturedPacket> Decode(byte[] datagram)
    {
        var found = new List<CapturedPacket>();
        var reader = new NetlinkMessageReader(datagram);
        while (reader.Read(out var message))
        {
            if (CapturedPacket.Read(message) is { } packet)
            {
                found.Add(packet);
            }
        }

        return found;
    }

    private static byte[] Message(int message, int subsystem, params (int Type, byte[] Data)[] attributes)
    {
        var writer = new NetlinkWriter(stackalloc byte[256]);
        writer.BeginMessage(NfGenMessage.Type(message, subsystem), NetlinkFlags.None);
        writer.Header(new NfGenMessage(0, 7));
        foreach (var (type, data) in attributes)
        {
            writer.Bytes(type, data);
        }

        writer.EndMessage();
        return writer.Written.ToArray();
    }
}
