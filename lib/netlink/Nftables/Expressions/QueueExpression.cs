using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A queue of nfnetlink_queue (net/netfilter/nft_queue.c).</summary>
internal static class QueueExpression
{
    public const string Name = "queue";

    private const ushort Bypass = 1;

    public static void Write(ref NetlinkWriter writer, Queue queue)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt16BigEndian(NfTables.NFTA_QUEUE_NUM, queue.Number);
        writer.UInt16BigEndian(NfTables.NFTA_QUEUE_TOTAL, 1);
        writer.UInt16BigEndian(NfTables.NFTA_QUEUE_FLAGS, queue.IsBypassed ? Bypass : (ushort)0);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        ushort number = 0, flags = 0;
        var known = false;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_QUEUE_NUM:
                    number = attributes.UInt16BigEndian();
                    known = true;
                    break;
                case NfTables.NFTA_QUEUE_TOTAL when attributes.UInt16BigEndian() != 1:
                    known = false;
                    break;
                case NfTables.NFTA_QUEUE_FLAGS:
                    flags = attributes.UInt16BigEndian();
                    break;
            }
        }

        rule.Add(known && (flags & ~Bypass) == 0 ? new Queue(number, flags == Bypass) : null, Name);
    }
}
