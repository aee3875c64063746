using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A key in registers looked up in a set or map; a map's value goes to a register or is the verdict (net/netfilter/nft_lookup.c).</summary>
internal static class LookupExpression
{
    public const string Name = "lookup";

    private const uint Inverted = 1;

    public static void WriteSet(ref NetlinkWriter writer, SetHandle set, int keySlot, bool negated)
    {
        var frame = Begin(ref writer, set, keySlot);
        if (negated)
        {
            writer.UInt32BigEndian(NfTables.NFTA_LOOKUP_FLAGS, Inverted);
        }

        frame.End(ref writer);
    }

    public static void WriteMap(ref NetlinkWriter writer, SetHandle map, int keySlot, uint register)
    {
        var frame = Begin(ref writer, map, keySlot);
        writer.UInt32BigEndian(NfTables.NFTA_LOOKUP_DREG, register);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        var name = string.Empty;
        uint from = 0, flags = 0;
        uint? to = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_LOOKUP_SET:
                    name = attributes.String();
                    break;
                case NfTables.NFTA_LOOKUP_SREG:
                    from = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_LOOKUP_DREG:
                    to = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_LOOKUP_FLAGS:
                    flags = attributes.UInt32BigEndian();
                    break;
            }
        }

        if (rule.FindSet(name) is not { } set || rule.Take(from, set.KeyLength) is not { } key)
        {
            rule.Unknown(Name);
            return;
        }

        var reference = (set.Flags & SetFlags.Anonymous) != 0 ? SetReference.Anonymous(set) : SetReference.Named(name);
        if (to is null)
        {
            rule.Add(new SetLookup(key, reference, (flags & Inverted) != 0), Name);
        }
        else if (to == Register.Verdict)
        {
            rule.Add(new VerdictMapLookup(key, reference), Name);
        }
        else
        {
            rule.Load(to.Value, new MapLookup(key, reference));
        }
    }

    private static ExpressionFrame Begin(ref NetlinkWriter writer, SetHandle set, int keySlot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_LOOKUP_SREG, Register.Of(keySlot));
        writer.String(NfTables.NFTA_LOOKUP_SET, set.Name);
        if (set.Id != 0)
        {
            writer.UInt32BigEndian(NfTables.NFTA_LOOKUP_SET_ID, set.Id);
        }

        return frame;
    }
}
