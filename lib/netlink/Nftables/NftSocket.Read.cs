using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Reading tables back.</summary>
public sealed partial class NftSocket
{
    private const int ReadAttempts = 8;

    /// <summary>The tables of all families, sorted.</summary>
    public IReadOnlyList<TableId> ListTables()
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETTABLE, NetlinkFlags.None, 0);
        writer.EndMessage();
        var tables = socket.Dump<TableId>(writer.Written, "list tables", static (in NetlinkMessage message, out TableId table) =>
        {
            ReadTableHeader(message.Attributes(NfGenMessage.Size), out var name, out _);
            table = new TableId(NfGenMessage.FamilyOf(message), name);
            return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWTABLE);
        });
        tables.Sort(static (a, b) => a.Family != b.Family ? a.Family.CompareTo(b.Family) : string.CompareOrdinal(a.Name, b.Name));
        return tables;
    }

    /// <inheritdoc/>
    /// <remarks>Several dumps make one reading; it is repeated when the generation changed meanwhile.</remarks>
    /// <exception cref="NetlinkException">EINTR: the ruleset changes faster than it can be read.</exception>
    public Table? ReadTable(TableId id)
    {
        for (var attempt = 1; attempt <= ReadAttempts; attempt++)
        {
            var generation = GetGeneration();
            try
            {
                var table = ReadTableOnce(id);
                if (GetGeneration() == generation)
                {
                    return table;
                }
            }
            catch (NetlinkException e) when (e.Errno == Errno.ENOENT && attempt < ReadAttempts)
            {
                // Something was deleted between its listing and its reading.
            }
            catch (ArgumentException) when (attempt < ReadAttempts && GetGeneration() != generation)
            {
                // A list that changed under way named one object twice; unmarked, because the kernel compares only the parts of one dump.
            }
        }

        throw new NetlinkException($"read table {id}", Errno.EINTR, "the ruleset changes faster than it can be read");
    }

    /// <summary>The elements of a set or map, with their counters, sorted by key.</summary>
    /// <exception cref="NetlinkException">ENOENT: there is no such set.</exception>
    public ValueList<SetElement> ReadElements(TableId table, SetObject set)
    {
        ArgumentNullException.ThrowIfNull(set);
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
                // One list per message: an interrupted dump throws away what it gave, which a list shared by all messages would not.
                var parts = socket.Dump<List<ElementMessage.RawElement>>(writer.Written, $"list elements of {table} {set.Name}", (in NetlinkMessage message, [MaybeNullWhen(false)] out List<ElementMessage.RawElement> part) =>
                {
                    part = [];
                    ElementMessage.Read(message.Attributes(NfGenMessage.Size), part, pool);
                    return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWSETELEM);
                });
                var elements = ElementMessage.Assemble(set, parts.Count == 1 ? parts[0] : [.. parts.SelectMany(static p => p)]);
                if (!HasRepeatedKey(elements))
                {
                    return elements;
                }

                // The kernel grows a hash in the background after a load and goes on dumping by count in the new order
                // (net/netfilter/nft_set_hash.c, nft_rhash_walk): for each element it gives twice it leaves one out, and does not say so.
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

    /// <summary>The declarations of a table's sets and maps, without their elements, anonymous ones included.</summary>
    public IReadOnlyList<SetObject> ListSets(TableId table)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETSET, NetlinkFlags.None, table.Family);
            writer.String(NfTables.NFTA_SET_TABLE, table.Name);
            writer.EndMessage();
            return socket.Dump<SetObject>(writer.Written, $"list sets of {table}", static (in NetlinkMessage message, [MaybeNullWhen(false)] out SetObject set) =>
            {
                set = SetMessage.Read(message.Attributes(NfGenMessage.Size));
                return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWSET);
            });
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static bool HasRepeatedKey(ValueList<SetElement> sorted)
    {
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i - 1].SameKey(sorted[i]))
            {
                return true;
            }
        }

        return false;
    }

    private Table? ReadTableOnce(TableId id)
    {
        if (!TryReadComment(id, out var comment))
        {
            return null;
        }

        var chains = ListChains(id);
        var sets = new Dictionary<string, SetObject>();
        foreach (var set in ListSets(id))
        {
            sets.Add(set.Name, set with { Elements = ReadElements(id, set) });
        }

        var rules = ListRules(id, sets);
        return new Table
        {
            Id = id,
            Comment = comment,
            Chains = ValueList.From(chains.Select(c => rules.TryGetValue(c.Name, out var list) ? c with { Rules = ValueList.From(list) } : c)),
            Sets = ValueList.From(sets.Values.Where(static s => (s.Flags & SetFlags.Anonymous) == 0)),
        };
    }

    private bool TryReadComment(TableId id, out string? comment)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETTABLE, NetlinkFlags.None, id.Family);
            writer.String(NfTables.NFTA_TABLE_NAME, id.Name);
            writer.EndMessage();
            return socket.TryGet(writer.Written, $"get table {id}", static (in NetlinkMessage message, out string? found) =>
            {
                ReadTableHeader(message.Attributes(NfGenMessage.Size), out _, out found);
                return true;
            }, out comment);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private List<Chain> ListChains(TableId id)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETCHAIN, NetlinkFlags.None, id.Family);
        writer.EndMessage();

        // The kernel's filter of this dump is the family only.
        return socket.Dump<Chain>(writer.Written, $"list chains of {id}", (in NetlinkMessage message, [MaybeNullWhen(false)] out Chain chain) =>
        {
            chain = ChainMessage.Read(message.Attributes(NfGenMessage.Size), id.Family, out var table);
            return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWCHAIN) && table == id.Name && NfGenMessage.FamilyOf(message) == id.Family;
        });
    }

    private Dictionary<string, List<Rule>> ListRules(TableId id, Dictionary<string, SetObject> sets)
    {
        var writer = new NetlinkWriter(stackalloc byte[512]);
        try
        {
            NfGenMessage.Begin(ref writer, NfTables.NFT_MSG_GETRULE, NetlinkFlags.None, id.Family);
            writer.String(NfTables.NFTA_RULE_TABLE, id.Name);
            writer.EndMessage();
            var reader = new RuleReader(sets);
            var rules = socket.Dump<(string Chain, Rule Rule)>(writer.Written, $"list rules of {id}", (in NetlinkMessage message, out (string Chain, Rule Rule) item) =>
            {
                item = ReadRule(message.Attributes(NfGenMessage.Size), reader, out var table);
                return message.Type == NfGenMessage.Type(NfTables.NFT_MSG_NEWRULE) && table == id.Name;
            });
            var byChain = new Dictionary<string, List<Rule>>();
            foreach (var (chain, rule) in rules)
            {
                (byChain.TryGetValue(chain, out var list) ? list : byChain[chain] = []).Add(rule);
            }

            return byChain;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static void ReadTableHeader(AttributeReader attributes, out string name, out string? comment)
    {
        (name, comment) = (string.Empty, null);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfTables.NFTA_TABLE_NAME:
                    name = attributes.String();
                    break;
                case NfTables.NFTA_TABLE_USERDATA:
                    comment = Userdata.ReadComment(attributes.Data);
                    break;
            }
        }
    }

    internal static (string Chain, Rule Rule) ReadRule(AttributeReader attributes, RuleReader reader, out string table)
    {
        table = string.Empty;
        var chain = string.Empty;
        string? comment = null;
        ulong handle = 0;
        ValueList<Statement> statements = default;
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
                case NfTables.NFTA_RULE_HANDLE:
                    handle = attributes.UInt64BigEndian();
                    break;
                case NfTables.NFTA_RULE_EXPRESSIONS:
                    statements = reader.Read(attributes.Nested());
                    break;
                case NfTables.NFTA_RULE_USERDATA:
                    comment = Userdata.ReadComment(attributes.Data);
                    break;
            }
        }

        return (chain, new Rule { Statements = statements, Comment = comment, Handle = handle });
    }
}
