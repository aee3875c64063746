using System.Buffers.Binary;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Packets;

/// <summary>A packet that a rule handed over.</summary>
/// <param name="Id">What a queue knows it by; 0 of a log.</param>
/// <param name="Bytes">The packet from its IP header on.</param>
public sealed record CapturedPacket(uint Id, byte[] Bytes)
{
    /// <summary>The packet in a message of a log group or a queue (linux/netfilter/nfnetlink_log.h, nfnetlink_queue.h); null for a message without one.</summary>
    /// <exception cref="NetlinkProtocolException">A message that makes no sense.</exception>
    internal static CapturedPacket? Read(in NetlinkMessage message)
    {
        var isQueued = message.Type == NfGenMessage.Type(NfPackets.NFQNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_QUEUE);
        if (!isQueued && message.Type != NfGenMessage.Type(NfPackets.NFULNL_MSG_PACKET, NfPackets.NFNL_SUBSYS_ULOG))
        {
            return null;
        }

        var (id, bytes) = (0u, isQueued ? Array.Empty<byte>() : null);
        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            if (isQueued && attributes.Type == NfPackets.NFQA_PACKET_HDR)
            {
                id = BinaryPrimitives.ReadUInt32BigEndian(attributes.AtLeast(sizeof(uint)));
            }
            else if (attributes.Type == (isQueued ? NfPackets.NFQA_PAYLOAD : NfPackets.NFULA_PAYLOAD))
            {
                bytes = attributes.Data.ToArray();
            }
        }

        return bytes is null ? null : new(id, bytes);
    }
}
