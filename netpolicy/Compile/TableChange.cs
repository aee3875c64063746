using System.Runtime.InteropServices;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// Collects what one transaction changes in the tables of both families. What comes and goes within it leaves no trace. Deletions come before
/// additions within each set, and what nothing leads to any more goes last.
/// </summary>
internal sealed class TableChange
{
    private readonly Dictionary<(TableId Table, string Set), Changes> elements = [];
    private readonly Dictionary<(TableId Table, string Name), Chain> chainsBefore = [];
    private readonly Dictionary<(TableId Table, string Name), Chain> chainsAfter = [];
    private readonly Dictionary<(TableId Table, string Name), SetObject> setsBefore = [];
    private readonly Dictionary<(TableId Table, string Name), SetObject> setsAfter = [];

    /// <summary>A chain as it was.</summary>
    public void ChainGoes(TableId table, Chain chain) => Goes(chainsBefore, chainsAfter, (table, chain.Name), chain);

    /// <summary>A chain as it is to be.</summary>
    public void ChainComes(TableId table, Chain chain) => chainsAfter[(table, chain.Name)] = chain;

    /// <summary>A set as it was; its elements are told one by one.</summary>
    public void SetGoes(TableId table, SetObject set) => Goes(setsBefore, setsAfter, (table, set.Name), set);

    /// <summary>A set that goes with all that is in it, and does not come again within this change.</summary>
    public void WholeSetGoes(TableId table, SetObject set)
    {
        SetGoes(table, set);
        elements.Remove((table, set.Name));
    }

    /// <summary>A set as it is to be.</summary>
    public void SetComes(TableId table, SetObject set) => setsAfter[(table, set.Name)] = set;

    /// <summary>An element as it was.</summary>
    public void ElementGoes(TableId table, SetObject set, SetElement element)
    {
        var changes = ChangesOf(table, set).ByKey;
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, (element.Key, element.KeyEnd), out var exists);
        if (!exists)
        {
            change.Before = element;
        }

        change.After = null;
        if (change.Before is null)
        {
            changes.Remove((element.Key, element.KeyEnd));
        }
    }

    /// <summary>An element as it is to be.</summary>
    public void ElementComes(TableId table, SetObject set, SetElement element) => Comes(ChangesOf(table, set).ByKey, element);

    /// <summary>Elements as they are to be.</summary>
    public void ElementsCome(TableId table, SetObject set, ReadOnlySpan<SetElement> all)
    {
        if (all.IsEmpty)
        {
            return;
        }

        var changes = ChangesOf(table, set).ByKey;
        changes.EnsureCapacity(all.Length);
        foreach (var element in all)
        {
            Comes(changes, element);
        }
    }

    private static void Comes(Dictionary<(NftData Key, NftData End), (SetElement? Before, SetElement? After)> changes, SetElement element)
    {
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, (element.Key, element.KeyEnd), out _);
        change.After = element;
        if (change.Before is { } before && before.Equals(element))
        {
            changes.Remove((element.Key, element.KeyEnd));
        }
    }

    /// <summary>Sets that come, without elements.</summary>
    public List<(TableId Table, SetObject Set)> NewSets => Only(setsAfter, setsBefore);

    /// <summary>Sets that go, with all that is in them.</summary>
    public List<(TableId Table, SetObject Set)> GoneSets => Only(setsBefore, setsAfter);

    /// <summary>Chains that go.</summary>
    public List<(TableId Table, Chain Chain)> GoneChains => Only(chainsBefore, chainsAfter);

    /// <summary>Chains that come, and those whose rules are others now.</summary>
    public List<(TableId Table, Chain Chain)> WrittenChains
    {
        get
        {
            var written = new List<(TableId, Chain)>();
            foreach (var (key, chain) in chainsAfter)
            {
                if (!chainsBefore.TryGetValue(key, out var before) || before.Rules != chain.Rules)
                {
                    written.Add((key.Table, chain));
                }
            }

            return written;
        }
    }

    /// <summary>What differs in sets that stay or come.</summary>
    public List<(TableId Table, SetObject Set, List<SetElement> Removed, List<SetElement> Added)> ElementChanges
    {
        get
        {
            var found = new List<(TableId, SetObject, List<SetElement>, List<SetElement>)>();
            foreach (var (key, changes) in elements)
            {
                if (changes.ByKey.Count == 0 || (setsBefore.ContainsKey(key) && !setsAfter.ContainsKey(key)))
                {
                    continue;
                }

                var isNew = setsAfter.ContainsKey(key) && !setsBefore.ContainsKey(key);
                List<SetElement> removed = [], added = [];
                foreach (var (before, after) in changes.ByKey.Values)
                {
                    if (before is not null && !isNew)
                    {
                        removed.Add(before);
                    }

                    if (after is not null)
                    {
                        added.Add(after);
                    }
                }

                found.Add((key.Table, changes.Set, removed, added));
            }

            return found;
        }
    }

    /// <summary>The transaction.</summary>
    public NftBatch ToBatch()
    {
        var batch = new NftBatch();
        foreach (var (table, set) in NewSets)
        {
            batch.Add(new AddSet(table, set));
        }

        var written = WrittenChains;
        foreach (var (table, chain) in written)
        {
            batch.Add(chainsBefore.ContainsKey((table, chain.Name)) ? new FlushChain(table, chain.Name) : new AddChain(table, chain with { Rules = [] }));
        }

        // Empty them all first: they refer to one another.
        var gone = GoneChains;
        foreach (var (table, chain) in gone)
        {
            batch.Add(new FlushChain(table, chain.Name));
        }

        foreach (var (table, set, removed, added) in ElementChanges)
        {
            batch.DeleteElements(table, set, CollectionsMarshal.AsSpan(removed));
            batch.AddElements(table, set, CollectionsMarshal.AsSpan(added));
        }

        foreach (var (table, chain) in written)
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(table, chain.Name, rule));
            }
        }

        foreach (var (table, chain) in gone)
        {
            batch.Add(new DeleteChain(table, chain.Name));
        }

        foreach (var (table, set) in GoneSets)
        {
            batch.Add(new DeleteSet(table, set.Name));
        }

        return batch;
    }

    /// <summary>What came within this change goes without a trace.</summary>
    private static void Goes<T>(Dictionary<(TableId Table, string Name), T> before, Dictionary<(TableId Table, string Name), T> after, (TableId Table, string Name) key, T value)
    {
        if (!after.Remove(key))
        {
            before[key] = value;
        }
    }

    private static List<(TableId Table, T Value)> Only<T>(Dictionary<(TableId Table, string Name), T> these, Dictionary<(TableId Table, string Name), T> notThese)
    {
        var found = new List<(TableId, T)>();
        foreach (var (key, value) in these)
        {
            if (!notThese.ContainsKey(key))
            {
                found.Add((key.Table, value));
            }
        }

        return found;
    }

    private Changes ChangesOf(TableId table, SetObject set)
    {
        ref var changes = ref CollectionsMarshal.GetValueRefOrAddDefault(elements, (table, set.Name), out var exists);
        if (!exists)
        {
            changes = new(set);
        }

        return changes!;
    }

    private sealed class Changes(SetObject set)
    {
        public SetObject Set { get; } = set;

        public Dictionary<(NftData Key, NftData End), (SetElement? Before, SetElement? After)> ByKey { get; } = [];
    }
}
