using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A token bucket of packets (net/netfilter/nft_limit.c).</summary>
internal static class LimitExpression
{
    public const string Name = "limit";

    private const uint Over = 1;

    public static void Write(ref NetlinkWriter writer, Limit limit)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt64BigEndian(NfTables.NFTA_LIMIT_RATE, limit.Rate);
        writer.UInt64BigEndian(NfTables.NFTA_LIMIT_UNIT, (ulong)limit.Unit);
        writer.UInt32BigEndian(NfTables.NFTA_LIMIT_BURST, limit.Burst);
        writer.UInt32BigEndian(NfTables.NFTA_LIMIT_TYPE, 0);
        writer.UInt32BigEndian(NfTables.NFTA_LIMIT_FLAGS, limit.Over ? Over : 0);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        ulong rate = 0, unit = 0;
        uint burst = 0, type = 0, flags = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_LIMIT_RATE:
                    rate = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_LIMIT_UNIT:
                    unit = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_LIMIT_BURST:
                    burst = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_LIMIT_TYPE:
                    type = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_LIMIT_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
            }
        }

        rule.Add(type == 0 ? new Limit(rate, (LimitUnit)unit, burst, flags == Over) : null, Name);
    }
}
