using Podwire.Netlink.Interop;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Handles of rules, by which traces name them.</summary>
public sealed partial class NftSocket
{
    /// <summary>The handles of a chain's rules, in order; none if there is no such chain.</summary>
    public IReadOnlyList<ulong> RuleHandles(TableId table, string chain)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETRULE, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_RULE_TABLE, table.Name);
            writer.String(NfTables.NFTA_RULE_CHAIN, chain);
            writer.EndMessage();
            return socket.Dump<ulong>(writer.Written, $"list rules of {table} {chain}", (in NetlinkMessage message, out ulong handle) =>
            {
                handle = 0;
                return TryReadPlace(message, table, out var place) && place == chain && TryReadHandle(message, out handle);
            });
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static bool TryReadHandle(in NetlinkMessage message, out ulong handle)
    {
        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            if (attributes.Type == NfTables.NFTA_RULE_HANDLE)
            {
                handle = attributes.UInt64BigEndian();
                return true;
            }
        }

        handle = 0;
        return false;
    }
}
