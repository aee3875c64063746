using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Source translation to the outgoing link's address (net/netfilter/nft_masq.c).</summary>
internal static class MasqueradeExpression
{
    public const string Name = "masq";

    public static void Write(ref NetlinkWriter writer, Masquerade masquerade)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        if (masquerade.Flags != NatFlags.None)
        {
            writer.UInt32BigEndian(NfTables.NFTA_MASQ_FLAGS, (uint)masquerade.Flags);
        }

        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint flags = 0;
        var known = true;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_MASQ_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_MASQ_REG_PROTO_MIN:
                    known = false;
                    break;
            }
        }

        rule.Add(known ? new Masquerade((NatFlags)flags) : null, Name);
    }
}
