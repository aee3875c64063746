using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables.Expressions;

/// <summary>A copy to nfnetlink_log or the kernel log (net/netfilter/nft_log.c).</summary>
internal static class LogExpression
{
    public const string Name = "log";

    // What the kernel takes when nothing is said; it reports it.
    private const uint DefaultLevel = 4;

    public static void Write(ref NetlinkWriter writer, Log log)
    {
        var frame = ExpressionFrame.Begin(ref writer, Name);
        if (log.Group is { } group)
        {
            writer.UInt16BigEndian(NfTables.NFTA_LOG_GROUP, group);
        }

        if (log.Prefix is { } prefix)
        {
            writer.String(NfTables.NFTA_LOG_PREFIX, prefix);
        }

        frame.End(ref writer);
    }

    public static void Read(AttributeReader attributes, RuleReader rule)
    {
        ushort? group = null;
        string? prefix = null;
        var known = true;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_LOG_GROUP:
                    group = attributes.UInt16BigEndian();
                    break;
                case NfTables.NFTA_LOG_PREFIX:
                    prefix = attributes.String();
                    break;
                case NfTables.NFTA_LOG_LEVEL:
                    known &= attributes.UInt32BigEndian() == DefaultLevel;
                    break;
                case NfTables.NFTA_LOG_FLAGS:
                    known &= attributes.UInt32BigEndian() == 0;
                    break;
            }
        }

        rule.Add(known ? new Log(group, string.IsNullOrEmpty(prefix) ? null : prefix) : null, Name);
    }
}
