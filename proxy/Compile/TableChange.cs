using System.Runtime.InteropServices;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>
/// Collects what changes together. Deletions come before additions within each map (one key may be both), chains before
/// the elements that lead to them, and what nothing leads to any more goes last.
/// </summary>
internal sealed class TableChange(TableSchema schema, ChainCompiler chains, SharedObjects shared)
{
    private readonly Dictionary<string, (List<SetElement> Removed, List<SetElement> Added)> elements = [];
    private readonly HashSet<SharedChain> touchedChains = [];
    private readonly HashSet<SharedChain> chainsBefore = [];
    private readonly Dictionary<IpAddress, bool> hairpinBefore = [];
    private readonly Dictionary<IpAddress, bool> clusterIpBefore = [];
    private readonly Dictionary<string, Chain> ownBefore = [];
    private readonly Dictionary<string, Chain> ownAfter = [];
    private readonly Dictionary<string, NftSet> setsBefore = [];
    private readonly Dictionary<string, NftSet> setsAfter = [];

    /// <summary>How many elements are added or removed so far.</summary>
    public int ElementCount { get; private set; }

    /// <summary>Frontends of connectionless protocols that changed: their flows in conntrack may lead to endpoints that are gone.</summary>
    public List<FrontendKey> FlowFrontends { get; } = [];

    /// <summary>Puts one version of a Service in place of another.</summary>
    public void Replace(CompiledService before, CompiledService after)
    {
        Remember(before);
        Remember(after);
        shared.Replace(before, after);
        ReplaceOwn(before, after);
        int i = 0, j = 0;
        while (i < before.Frontends.Length || j < after.Frontends.Length)
        {
            var order = i == before.Frontends.Length ? 1 : j == after.Frontends.Length ? -1 : before.Frontends[i].Key.CompareTo(after.Frontends[j].Key);
            Replace(order <= 0 ? before.Frontends[i++] : null, order >= 0 ? after.Frontends[j++] : null);
        }
    }

    /// <summary>The transactions, in order: a packet makes two look-ups, and must not fall between them (<see cref="StagedChange"/>).</summary>
    public IEnumerable<NftBatch> ToBatches()
    {
        Settle(schema.Hairpin, hairpinBefore, shared.Hairpins, ElementCompiler.Hairpin);
        Settle(schema.ClusterIps, clusterIpBefore, shared.ClusterIps, ElementCompiler.ClusterIp);
        var staged = new StagedChange();
        // A set that is made anew must be free of rules first, new ones too: then nothing goes ahead.
        var ahead = setsAfter.Any(pair => setsBefore.TryGetValue(pair.Key, out var before) && !before.SameDeclaration(pair.Value)) ? staged.Change : staged.Ahead;
        var removed = new List<string>();
        AddSets(ahead, staged.Change);
        AddChains(ahead, staged.Change, removed);
        foreach (var set in schema.All)
        {
            if (elements.TryGetValue(set.Name, out var change))
            {
                staged.Elements(schema.Id, set, CollectionsMarshal.AsSpan(change.Removed), CollectionsMarshal.AsSpan(change.Added));
            }
        }

        // Empty them all first: they refer to one another.
        foreach (var chain in removed)
        {
            staged.Change.Add(new FlushChain(schema.Id, chain));
        }

        foreach (var chain in removed)
        {
            staged.Change.Add(new DeleteChain(schema.Id, chain));
        }

        foreach (var set in setsBefore.Keys.Where(name => !setsAfter.ContainsKey(name)).Order(StringComparer.Ordinal))
        {
            staged.Change.Add(new DeleteSet(schema.Id, set));
        }

        return staged.ToBatches();
    }

    private void Remember(CompiledService service)
    {
        foreach (var chain in SharedObjects.ChainsOf(service))
        {
            if (touchedChains.Add(chain) && shared.Chains.Contains(chain))
            {
                chainsBefore.Add(chain);
            }
        }

        foreach (var address in service.Hairpins)
        {
            hairpinBefore.TryAdd(address, shared.Hairpins.Contains(address));
        }

        foreach (var address in SharedObjects.ClusterIpOf(service))
        {
            clusterIpBefore.TryAdd(address, shared.ClusterIps.Contains(address));
        }
    }

    private void Replace(CompiledFrontend? before, CompiledFrontend? after)
    {
        var key = (before ?? after)!.Key;
        var changed = ReplaceElement(before is null ? null : ElementCompiler.Frontend(schema, before), after is null ? null : ElementCompiler.Frontend(schema, after));
        ReplaceElement(
            before?.FirewallChain is null ? null : (schema.FirewallIps, ElementCompiler.Firewall(before)),
            after?.FirewallChain is null ? null : (schema.FirewallIps, ElementCompiler.Firewall(after)));
        var map = ElementCompiler.SlotMap(schema, key);
        changed |= ReplaceSlots(map, key, 0, before?.Slots ?? [], after?.Slots ?? [], before?.Comment, after?.Comment);
        changed |= ReplaceSlots(map, key, SharedChain.FirstLocalSlot, before?.LocalSlots ?? [], after?.LocalSlots ?? [], before?.Comment, after?.Comment);
        if (key.Protocol != IpProtocol.Tcp && (changed || before?.Affinity is not null || after?.Affinity is not null))
        {
            FlowFrontends.Add(key);
        }
    }

    private bool ReplaceSlots(NftMap map, FrontendKey key, int first, State.EndpointAddress[] before, State.EndpointAddress[] after, string? oldComment, string? newComment)
    {
        var changed = false;
        for (var i = 0; i < Math.Max(before.Length, after.Length); i++)
        {
            if (i < before.Length && i < after.Length && before[i] == after[i] && oldComment == newComment)
            {
                continue;
            }

            changed = true;
            if (i < before.Length)
            {
                Remove(map, ElementCompiler.Slot(key, first + i, before[i], oldComment!));
            }

            if (i < after.Length)
            {
                Add(map, ElementCompiler.Slot(key, first + i, after[i], newComment!));
            }
        }

        return changed;
    }

    private bool ReplaceElement((NftMap Map, SetElement Element)? before, (NftMap Map, SetElement Element)? after)
    {
        if (before is { } old && after is { } now && old.Map == now.Map && old.Element == now.Element)
        {
            return false;
        }

        if (before is { } gone)
        {
            Remove(gone.Map, gone.Element);
        }

        if (after is { } added)
        {
            Add(added.Map, added.Element);
        }

        return before is not null || after is not null;
    }

    private void ReplaceOwn(CompiledService before, CompiledService after)
    {
        Collect(before, ownBefore, setsBefore);
        Collect(after, ownAfter, setsAfter);
    }

    private void Collect(CompiledService service, Dictionary<string, Chain> into, Dictionary<string, NftSet> sets)
    {
        foreach (var affinity in service.Affinities)
        {
            foreach (var chain in chains.Affinity(affinity))
            {
                into[chain.Name] = chain;
            }

            foreach (var set in chains.AffinitySets(affinity))
            {
                sets[set.Name] = set;
            }
        }

        if (service.FirewallChain is not null)
        {
            into[service.FirewallChain] = chains.Firewall(service);
        }
    }

    private void AddSets(NftBatch ahead, NftBatch batch)
    {
        foreach (var (name, set) in setsAfter.InOrder(static (left, right) => string.CompareOrdinal(left.Key, right.Key)))
        {
            if (!setsBefore.TryGetValue(name, out var before))
            {
                ahead.Add(new AddSet(schema.Id, set));
            }
            else if (!before.SameDeclaration(set))
            {
                // Another time-out: the set is made anew, once the chains that use it are empty.
                foreach (var user in ownBefore.Values.Where(chain => Uses(chain, name)))
                {
                    batch.Add(new FlushChain(schema.Id, user.Name));
                }

                batch.Add(new DeleteSet(schema.Id, name)).Add(new AddSet(schema.Id, set));
            }
        }
    }

    private bool Uses(Chain chain, string set)
    {
        foreach (var rule in chain.Rules)
        {
            foreach (var statement in rule.Statements)
            {
                if (statement is DynamicSet dynamic && dynamic.Set == set || statement is SetLookup lookup && lookup.Set.Name == set)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void AddChains(NftBatch ahead, NftBatch batch, List<string> removed)
    {
        var added = new List<Chain>();
        foreach (var chain in touchedChains.InOrder(static (left, right) => string.CompareOrdinal(left.Name, right.Name)))
        {
            var (was, now) = (chainsBefore.Contains(chain), shared.Chains.Contains(chain));
            if (now && !was)
            {
                added.Add(chains.Shared(chain));
            }
            else if (was && !now)
            {
                removed.Add(chain.Name);
            }
        }

        var rewritten = new List<Chain>();
        foreach (var (name, chain) in ownAfter.InOrder(static (left, right) => string.CompareOrdinal(left.Key, right.Key)))
        {
            if (!ownBefore.TryGetValue(name, out var before))
            {
                added.Add(chain);
            }
            else if (before != chain || RefersToRemadeSet(chain))
            {
                rewritten.Add(chain);
            }
        }

        removed.AddRange(ownBefore.Keys.Where(name => !ownAfter.ContainsKey(name)).Order(StringComparer.Ordinal));
        foreach (var chain in added)
        {
            ahead.Add(new AddChain(schema.Id, chain with { Rules = [] }));
        }

        foreach (var chain in rewritten)
        {
            batch.Add(new FlushChain(schema.Id, chain.Name));
        }

        AddRules(ahead, added);
        AddRules(batch, rewritten);
    }

    private void AddRules(NftBatch batch, List<Chain> to)
    {
        foreach (var chain in to)
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(schema.Id, chain.Name, rule));
            }
        }
    }

    private bool RefersToRemadeSet(Chain chain) => setsAfter.Any(pair =>
        setsBefore.TryGetValue(pair.Key, out var before) && !before.SameDeclaration(pair.Value) && Uses(chain, pair.Key));

    private void Settle(SetObject set, Dictionary<IpAddress, bool> before, RefCounts<IpAddress> now, Func<IpAddress, SetElement> element)
    {
        foreach (var (address, was) in before)
        {
            if (was != now.Contains(address))
            {
                (was ? ListsOf(set).Removed : ListsOf(set).Added).Add(element(address));
            }
        }
    }

    private void Add(SetObject set, SetElement element)
    {
        ListsOf(set).Added.Add(element);
        ElementCount++;
    }

    private void Remove(SetObject set, SetElement element)
    {
        ListsOf(set).Removed.Add(element);
        ElementCount++;
    }

    private (List<SetElement> Removed, List<SetElement> Added) ListsOf(SetObject set)
    {
        if (!elements.TryGetValue(set.Name, out var lists))
        {
            elements[set.Name] = lists = ([], []);
        }

        return lists;
    }
}
