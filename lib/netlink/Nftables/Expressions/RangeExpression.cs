using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A register within or outside two constants (net/netfilter/nft_range.c).</summary>
internal static class RangeExpression
{
    public const string Name = "range";

    private const uint NotEqual = 1;

    public static void Write(ref NetlinkWriter writer, MatchRange range, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_RANGE_SREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_RANGE_OP, range.Negated ? NotEqual : 0);
        DataAttribute.Write(ref writer, NfTables.NFTA_RANGE_FROM_DATA, range.From.Span);
        DataAttribute.Write(ref writer, NfTables.NFTA_RANGE_TO_DATA, range.To.Span);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0, operation = 0;
        NftData from = default, to = default;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_RANGE_SREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_RANGE_OP:
                    operation = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_RANGE_FROM_DATA:
                    from = DataAttribute.ReadValue(attributes);
                    break;
                case NfTables.NFTA_RANGE_TO_DATA:
                    to = DataAttribute.ReadValue(attributes);
                    break;
            }
        }

        rule.Add(rule.Take(register, from.Length) is { } left ? new MatchRange(left, from, to, operation == NotEqual) : null, Name);
    }
}
