using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Refusal with an answer (net/netfilter/nft_reject.c).</summary>
internal static class RejectExpression
{
    public const string Name = "reject";

    public static void Write(ref NetlinkWriter writer, Reject reject)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_REJECT_TYPE, (uint)reject.Type);
        writer.Byte(NfTables.NFTA_REJECT_ICMP_CODE, reject.Code);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint type = 0;
        byte code = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_REJECT_TYPE:
                    type = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_REJECT_ICMP_CODE:
                    code = attributes.Byte();
                    break;
            }
        }

        rule.Add(new Reject((RejectType)type, code), Name);
    }
}
