using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Counts packets and bytes, in a rule or per element (net/netfilter/nft_counter.c).</summary>
internal static class CounterExpression
{
    public const string Name = "counter";

    public static void Write(ref NetlinkWriter writer, int attribute = NfTables.NFTA_LIST_ELEM) =>
        ExpressionFrame.Begin(ref writer, Name, attribute).End(ref writer);

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        var (packets, bytes) = ReadCounter(attributes);
        rule.Add(new Counter(packets, bytes), Name);
    }

    /// <summary>What a whole expression (name and data) has counted; null if it is another expression.</summary>
    public static ElementCounter? ReadWhole(AttributeReader expression)
    {
        var isCounter = false;
        ElementCounter counter = default;
        while (expression.Read())
        {
            switch (expression.Type)
            {
                case NfTables.NFTA_EXPR_NAME:
                    isCounter = expression.Data.StartsWith("counter"u8);
                    break;
                case NfTables.NFTA_EXPR_DATA when isCounter:
                    counter = ReadCounter(expression.Nested());
                    break;
            }
        }

        return isCounter ? counter : null;
    }

    private static ElementCounter ReadCounter(AttributeReader attributes)
    {
        ulong packets = 0, bytes = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_COUNTER_PACKETS:
                    packets = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_COUNTER_BYTES:
                    bytes = attributes.UInt64BigEndian();
                    break;
            }
        }

        return new(packets, bytes);
    }
}
