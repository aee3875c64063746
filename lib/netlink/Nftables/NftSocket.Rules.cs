using Podwire.Ruleset;

namespace Podwire.Netlink.Nftables;

/// <summary>Rules without the elements of the sets that they use.</summary>
public sealed partial class NftSocket
{
    /// <summary>The chains of a table with their rules: what others' rules do can be seen without reading hundreds of thousands of elements.</summary>
    /// <exception cref="NetlinkException">ENOENT: there is no such table.</exception>
    public IReadOnlyList<Chain> ReadRules(TableId table)
    {
        var sets = ListSets(table).ToDictionary(static set => set.Name);
        var rules = ListRules(table, sets);
        return [.. ListChains(table).Select(chain => rules.TryGetValue(chain.Name, out var list) ? chain with { Rules = ValueList.From(list) } : chain)];
    }
}
