using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A random or counting number to a register (net/netfilter/nft_numgen.c).</summary>
internal static class NumgenExpression
{
    public const string Name = "numgen";

    private const uint Random = 1;

    public static void Write(ref NetlinkWriter writer, Numgen numgen, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_NG_DREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_NG_MODULUS, numgen.Modulus);
        writer.UInt32BigEndian(NfTables.NFTA_NG_TYPE, numgen.Random ? Random : 0);
        writer.UInt32BigEndian(NfTables.NFTA_NG_OFFSET, numgen.Offset);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint register = 0, modulus = 0, type = 0, offset = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_NG_DREG:
                    register = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NG_MODULUS:
                    modulus = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NG_TYPE:
                    type = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_NG_OFFSET:
                    offset = attributes.UInt32BigEndian();
                    break;
            }
        }

        rule.Load(register, new Numgen(modulus, type == Random, offset));
    }
}
