using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A constant to a register, or a verdict (net/netfilter/nft_immediate.c).</summary>
internal static class ImmediateExpression
{
    public const string Name = "immediate";

    public static void Write(ref NetlinkWriter writer, ReadOnlySpan<byte> value, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_IMMEDIATE_DREG, Register.Of(slot));
        DataAttribute.Write(ref writer, NfTables.NFTA_IMMEDIATE_DATA, value);
        frame.End(ref writer);
    }

    public static void Write(ref NetlinkWriter writer, Verdict verdict)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_IMMEDIATE_DREG, Register.Verdict);
        DataAttribute.Write(ref writer, NfTables.NFTA_IMMEDIATE_DATA, verdict);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0;
        NftData value = default;
        Verdict? verdict = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_IMMEDIATE_DREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_IMMEDIATE_DATA:
                    value = DataAttribute.ReadValue(attributes);
                    verdict = DataAttribute.ReadVerdict(attributes, rule.Pool);
                    break;
            }
        }

        if (verdict is not null)
        {
            rule.Add(new VerdictStatement(verdict), Name);
        }
        else
        {
            rule.Load(register, new Constant(value));
        }
    }
}
