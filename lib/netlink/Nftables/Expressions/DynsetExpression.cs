using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A key in registers put into a set or taken out of it (net/netfilter/nft_dynset.c).</summary>
internal static class DynsetExpression
{
    public const string Name = "dynset";

    public static void Write(ref NetlinkWriter writer, DynamicSet set, int keySlot)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        writer.UInt32BigEndian(NfTables.NFTA_DYNSET_SREG_KEY, Register.Of(keySlot));
        writer.UInt32BigEndian(NfTables.NFTA_DYNSET_OP, (uint)set.Operation);
        if (set.Timeout is { } timeout)
        {
            writer.UInt64BigEndian(NfTables.NFTA_DYNSET_TIMEOUT, (ulong)timeout.TotalMilliseconds);
        }

        writer.String(NfTables.NFTA_DYNSET_SET_NAME, set.Set);
        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        var name = string.Empty;
        uint from = 0, operation = 0;
        ulong timeout = 0;
        var known = true;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_DYNSET_SET_NAME:
                    name = attributes.String();
                    break;
                case NfTables.NFTA_DYNSET_SREG_KEY:
                    from = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_DYNSET_OP:
                    operation = attributes.UInt32BigEndian();
                    break;
                case NfTables.NFTA_DYNSET_TIMEOUT:
                    timeout = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_DYNSET_SREG_DATA or NfTables.NFTA_DYNSET_EXPR or NfTables.NFTA_DYNSET_EXPRESSIONS:
                    known = false;
                    break;
            }
        }

        TimeSpan? lifetime = timeout == 0 ? null : TimeSpan.FromMilliseconds(Math.Min(timeout, (ulong)TimeSpan.MaxValue.TotalMilliseconds / 2));
        rule.Add(
            known && rule.FindSet(name) is { } set && rule.Take(from, set.KeyLength) is { } key
                ? new DynamicSet((DynamicSetOperation)operation, name, key, lifetime)
                : null,
            Name);
    }
}
