using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Connection metadata to a register, or a register to the connection's mark (net/netfilter/nft_ct.c).</summary>
internal static class CtExpression
{
    public const string Name = "ct";

    public static void Write(ref NetlinkWriter writer, Ct ct, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_CT_KEY, (uint)ct.Key);
        writer.UInt32BigEndian(NfTables.NFTA_CT_DREG, Register.Of(slot));
        if (ct.Direction is { } direction)
        {
            writer.Byte(NfTables.NFTA_CT_DIRECTION, (byte)direction);
        }

        frame.End(ref writer);
    }

    public static void WriteSet(ref NetlinkWriter writer, CtKey key, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_CT_KEY, (uint)key);
        writer.UInt32BigEndian(NfTables.NFTA_CT_SREG, Register.Of(slot));
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint key = 0, to = 0;
        uint? from = null;
        CtDirection? direction = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_CT_KEY:
                    key = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CT_DREG:
                    to = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CT_SREG:
                    from = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_CT_DIRECTION:
                    direction = (CtDirection)attributes.Byte();
                    break;
            }
        }

        if (from is { } register)
        {
            rule.Add(rule.Take(register, 4) is { } value ? new CtSet((CtKey)key, value) : null, Name);
        }
        else
        {
            rule.Load(to, new Ct((CtKey)key, direction));
        }
    }
}
