using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Looking at a little of a table, for programs that live too shortly to read all of it.</summary>
public sealed partial class NftSocket
{
    /// <summary>True if the table has a chain of that name. One request, whatever else there is.</summary>
    public bool HasChain(TableId table, string chain)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETCHAIN, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_CHAIN_TABLE, table.Name);
            writer.String(NfTables.NFTA_CHAIN_NAME, chain);
            writer.EndMessage();
            return socket.TryGet(writer.Written, $"get chain {table} {chain}", static (in NetlinkMessage _, out bool found) => found = true, out _);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>How many rules each of the table's chains holds; chains without rules, and a table that is not there, are left out.</summary>
    public IReadOnlyDictionary<string, int> CountRules(TableId table)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETRULE, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_RULE_TABLE, table.Name);
            writer.EndMessage();
            var chains = socket.Dump<string>(writer.Written, $"list rules of {table}", (in NetlinkMessage message, [MaybeNullWhen(false)] out string chain) =>
                TryReadPlace(message, table, out chain));
            var counts = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var chain in chains)
            {
                counts[chain] = counts.GetValueOrDefault(chain) + 1;
            }

            return counts;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>
    /// The elements of a set or map that <paramref name="keep"/> chooses, in no order. The kernel gives all of them; those that are not
    /// kept cost a look at their bytes. None if there is no such set. Not for ranges over a single field.
    /// </summary>
    /// <exception cref="NetlinkException">EINTR: the kernel rebuilt its table during every dump.</exception>
    public IReadOnlyList<SetElement> FindElements(TableId table, SetObject set, ElementFilter keep)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(keep);
        var writer = new NetlinkWriter(stackalloc byte[1024]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETSETELEM, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_TABLE, table.Name);
            writer.String(NfTables.NFTA_SET_ELEM_LIST_SET, set.Name);
            writer.EndMessage();
            var pool = new ReadPool();
            for (var attempt = 1; ; attempt++)
            {
                var search = new ElementSearch(keep, pool);
                var parts = socket.TryDump<List<ElementMessage.RawElement>>(writer.Written, $"list elements of {table} {set.Name}", (in NetlinkMessage message, [MaybeNullWhen(false)] out List<ElementMessage.RawElement> part) =>
                {
                    part = [];
                    search.Read(message.Attributes(NfGenMessage.Size), part);
                    return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWSETELEM);
                });

                if (parts is null)
                {
                    return [];
                }

                // As ReadElements: an element that comes twice stands for one that was left out.
                if (!search.HasRepeatedKey())
                {
                    return [.. parts.SelectMany(static p => p).Where(static e => !e.IsCatchAll).Select(static e => e.Element)];
                }

                if (attempt == ReadAttempts)
                {
                    throw new NetlinkException($"list elements of {table} {set.Name}", Errno.EINTR, "the kernel's table was rebuilt during every dump");
                }

                Thread.Sleep(attempt * 5);
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static bool TryReadPlace(in NetlinkMessage message, TableId wanted, [MaybeNullWhen(false)] out string chain)
    {
        (chain, var table) = (string.Empty, string.Empty);
        if (message.Type != NfGenMessage.Type(NfTables.NFT_MSG_NEWRULE))
        {
            return false;
        }

        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_RULE_TABLE:
                    table = attributes.String();
                    break;
                case NfTables.NFTA_RULE_CHAIN:
                    chain = attributes.String();
                    break;
            }
        }

        return table == wanted.Name && NfGenMessage.FamilyOf(message) == wanted.Family;
    }
}
