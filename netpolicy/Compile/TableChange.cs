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
    public void ElementComes(TableId table, SetObject set, SetElement element)
    {
        var changes = ChangesOf(table, set).ByKey;
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(changes, (element.Key, element.KeyEnd), out _);
        change.After = element;
        if (change.Before is { } before && before.Equals(element))
        {
            changes.Remove((element.Key, element.KeyEnd));
        }
    }

    /// <summary>The transaction.</summary>
    public NftBatch ToBatch()
    {
        var batch = new NftBatch();
        foreach (var (key, set) in setsAfter)
        {
            if (!setsBefore.ContainsKey(key))
            {
                batch.Add(new AddSet(key.Table, set));
            }
        }

        var written = new List<(TableId Table, Chain Chain)>();
        foreach (var (key, chain) in chainsAfter)
        {
            if (!chainsBefore.TryGetValue(key, out var before))
            {
                batch.Add(new AddChain(key.Table, chain with { Rules = [] }));
                written.Add((key.Table, chain));
            }
            else if (before.Rules != chain.Rules)
            {
                batch.Add(new FlushChain(key.Table, chain.Name));
                written.Add((key.Table, chain));
            }
        }

        // Empty them all first: they refer to one another.
        var gone = new List<(TableId Table, string Name)>(chainsBefore.Keys).FindAll(key => !chainsAfter.ContainsKey(key));
        foreach (var (table, name) in gone)
        {
            batch.Add(new FlushChain(table, name));
        }

        AddElements(batch);
        foreach (var (table, chain) in written)
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(table, chain.Name, rule));
            }
        }

        foreach (var (table, name) in gone)
        {
            batch.Add(new DeleteChain(table, name));
        }

        foreach (var key in setsBefore.Keys)
        {
            if (!setsAfter.ContainsKey(key))
            {
                batch.Add(new DeleteSet(key.Table, key.Name));
            }
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

    private void AddElements(NftBatch batch)
    {
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

            batch.DeleteElements(key.Table, changes.Set, CollectionsMarshal.AsSpan(removed));
            batch.AddElements(key.Table, changes.Set, CollectionsMarshal.AsSpan(added));
        }
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
