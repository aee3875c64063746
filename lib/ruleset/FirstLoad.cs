namespace Podwire.Ruleset;

/// <summary>
/// The batch that makes a table that is not there. The kernel finds a set by walking all of a table's from the first that was made (nft_set_lookup, nf_tables_api.c), for each rule and
/// each list of elements that names it: those that are named most are made first.
/// </summary>
public static class FirstLoad
{
    /// <summary>All of a table, in one batch.</summary>
    public static NftBatch Of(Table desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        var named = new Dictionary<string, int>();
        foreach (var chain in desired.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                foreach (var name in RuleReferences.Sets(rule))
                {
                    named[name] = named.GetValueOrDefault(name) + 1;
                }
            }
        }

        var sets = new List<SetObject>(desired.Sets);
        sets.Sort((a, b) =>
        {
            var byCount = named.GetValueOrDefault(b.Name).CompareTo(named.GetValueOrDefault(a.Name));
            return byCount != 0 ? byCount : string.CompareOrdinal(a.Name, b.Name);
        });
        var batch = new NftBatch().Add(new AddTable(desired.Id, desired.Comment));
        foreach (var chain in desired.Chains)
        {
            if (chain.Base is null)
            {
                batch.Add(new AddChain(desired.Id, chain with { Rules = [] }));
            }
        }

        foreach (var set in sets)
        {
            batch.Add(new AddSet(desired.Id, set with { Elements = [] }));
            if ((set.Flags & SetFlags.Dynamic) == 0 && !set.Elements.IsEmpty)
            {
                batch.Add(new AddElements(desired.Id, set, set.Elements.AsMemory()));
            }
        }

        // What packets meet comes last, should the batch be split.
        foreach (var chain in desired.Chains)
        {
            if (chain.Base is null)
            {
                AddRules(batch, desired.Id, chain);
            }
        }

        foreach (var chain in desired.Chains)
        {
            if (chain.Base is not null)
            {
                batch.Add(new AddChain(desired.Id, chain with { Rules = [] }));
                AddRules(batch, desired.Id, chain);
            }
        }

        return batch;
    }

    private static void AddRules(NftBatch batch, TableId table, Chain chain)
    {
        foreach (var rule in chain.Rules)
        {
            batch.Add(new AddRule(table, chain.Name, rule));
        }
    }
}
