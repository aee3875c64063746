using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>Packet metadata to a register, or a register to the packet's mark (net/netfilter/nft_meta.c).</summary>
internal static class MetaExpression
{
    public const string Name = "meta";

    public static void Write(ref NetlinkWriter writer, Meta meta, int slot) => Write(ref writer, meta.Key, NfTables.NFTA_META_DREG, slot);

    public static void WriteSet(ref NetlinkWriter writer, MetaKey key, int slot) => Write(ref writer, key, NfTables.NFTA_META_SREG, slot);

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        uint key = 0;
        uint? from = null, to = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_META_KEY:
                    key = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_META_DREG:
                    to = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_META_SREG:
                    from = attributes.UInt32BigEndian();
                    break;
            }
        }

        if (from is { } register)
        {
            rule.Add(rule.Take(register, 4) is { } value ? new MetaSet((MetaKey)key, value) : null, Name);
        }
        else
        {
            rule.Load(to ?? 0, new Meta((MetaKey)key));
        }
    }

    private static void Write(ref NetlinkWriter writer, MetaKey key, int register, int slot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_META_KEY, (uint)key);
        writer.UInt32BigEndian(register, Register.Of(slot));
        frame.End(ref writer);
    }
}
