using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary><c>(register &amp; mask) ^ xor</c> in place (net/netfilter/nft_bitwise.c).</summary>
internal static class BitwiseExpression
{
    public const string Name = "bitwise";

    public static void Write(ref NetlinkWriter writer, Bitwise bitwise, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_BITWISE_SREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_BITWISE_DREG, Register.Of(slot));
        writer.UInt32BigEndian(NfTables.NFTA_BITWISE_OP, 0);
        writer.UInt32BigEndian(NfTables.NFTA_BITWISE_LEN, (uint)bitwise.Mask.Length);
        DataAttribute.Write(ref writer, NfTables.NFTA_BITWISE_MASK, bitwise.Mask.Span);
        DataAttribute.Write(ref writer, NfTables.NFTA_BITWISE_XOR, bitwise.Xor.Span);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint from = 0, to = 0, length = 0, operation = 0;
        NftData mask = default, xor = default;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_BITWISE_SREG:
                    from = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_BITWISE_DREG:
                    to = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_BITWISE_LEN:
                    length = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_BITWISE_OP:
                    operation = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_BITWISE_MASK:
                    mask = DataAttribute.ReadValue(attributes);
                    break;
                case NfTables.NFTA_BITWISE_XOR:
                    xor = DataAttribute.ReadValue(attributes);
                    break;
            }
        }

        if (operation != 0 || mask.IsNone || xor.IsNone || rule.Take(from, (int)length) is not { } value)
        {
            rule.Unknown(Name);
            return;
        }

        rule.Load(to, new Bitwise(value, mask, xor));
    }
}
