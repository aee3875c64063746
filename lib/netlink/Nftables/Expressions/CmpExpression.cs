using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A register compared with a constant (net/netfilter/nft_cmp.c).</summary>
internal static class CmpExpression
{
    public const string Name = "cmp";

    public static void Write(ref NetlinkWriter writer, MatchOperator matchOperator, NftData right, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_CMP_SREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_CMP_OP, (uint)matchOperator);
        DataAttribute.Write(ref writer, NfTables.NFTA_CMP_DATA, right.Span);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0, matchOperator = 0;
        NftData right = default;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_CMP_SREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CMP_OP:
                    matchOperator = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CMP_DATA:
                    right = DataAttribute.ReadValue(attributes);
                    break;
            }
        }

        // The right side may be shorter than what was loaded: a prefix of an interface's name.
        rule.Add(rule.Take(register, right.Length) is { } left ? new Match(left, (MatchOperator)matchOperator, right) : null, Name);
    }
}
