using System.Diagnostics;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>
/// The table of one family as it should be, kept by Service, so that a change is compiled from the Services it names and
/// turns into as many elements as differ. No I/O, no clock.
/// </summary>
internal sealed class TableModel : IFrontendIndex
{
    private readonly Dictionary<ServiceKey, Entry> services = [];
    private readonly SharedObjects shared = new();
    private readonly FrontendClaims claims = new();
    private readonly ChainCompiler chains;
    private readonly TableSchema schema;
    private readonly Dictionary<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)> adopted;

    /// <summary>An empty model.</summary>
    /// <param name="settings">What all rules depend on; when it changes, a new model is made.</param>
    /// <param name="adopted">The slots of a table that is there already: endpoints keep their slots.</param>
    public TableModel(TableSettings settings, Dictionary<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)>? adopted = null)
    {
        Settings = settings;
        schema = TableSchema.Of(settings.Family);
        chains = new(settings);
        this.adopted = adopted ?? [];
    }

    /// <summary>What all rules depend on.</summary>
    public TableSettings Settings { get; }

    /// <summary>Services that under internalTrafficPolicy Local have endpoints, but none on this node.</summary>
    public int NoLocalInternal { get; private set; }

    /// <summary>The same under externalTrafficPolicy Local.</summary>
    public int NoLocalExternal { get; private set; }

    /// <summary>The Services that have rules.</summary>
    public int ServiceCount => services.Count;

    /// <summary>Table, sets and base chains without anything of a Service: an order that is safe for a first load, because empty maps lead nowhere.</summary>
    public NftBatch Skeleton()
    {
        var batch = new NftBatch().Add(new AddTable(schema.Id, TableComment));
        foreach (var set in schema.All)
        {
            batch.Add(new AddSet(schema.Id, set));
        }

        foreach (var chain in chains.Fixed())
        {
            batch.Add(new AddChain(schema.Id, chain with { Rules = [] }));
        }

        foreach (var chain in chains.Fixed())
        {
            foreach (var rule in chain.Rules)
            {
                batch.Add(new AddRule(schema.Id, chain.Name, rule));
            }
        }

        return batch;
    }

    /// <summary>
    /// Takes in a snapshot and gives the transactions it comes to, in order: one, unless it is large. Each is complete for the Services in it,
    /// so that no Service is ever half changed. The model is as after the last of them.
    /// </summary>
    public List<TableChange> Apply(ProxySnapshot snapshot, int elementsAtOnce = int.MaxValue)
    {
        var dirty = new SortedSet<ServiceKey>();
        var moved = Claim(snapshot, dirty);
        var changes = new List<TableChange>();
        TableChange? change = null;
        foreach (var key in dirty)
        {
            if (change is null || (change.ElementCount >= elementsAtOnce && !moved))
            {
                changes.Add(change = new(schema, chains, shared));
            }

            Recompile(key, snapshot.Node, change);
        }

        return changes;
    }

    /// <summary>Takes in a snapshot without keeping account of what changes: for a table that is compared as a whole, or loaded by <see cref="Load"/>.</summary>
    public void Absorb(ProxySnapshot snapshot)
    {
        services.EnsureCapacity(snapshot.Services.Count);
        if (Settings.Family == IpFamily.V4)
        {
            claims.EnsureCapacity(snapshot.Services.Count);
        }

        var dirty = new HashSet<ServiceKey>(snapshot.Services.Count);
        Claim(snapshot, dirty);
        foreach (var key in dirty)
        {
            Recompile(key, snapshot.Node, null);
        }
    }

    /// <summary>
    /// The transactions that fill an empty table, the skeleton first; each is complete for the Services in it, so that they need not be one.
    /// Made one at a time: all elements of a large table at once would be most of the memory that the proxy ever needs.
    /// </summary>
    public IEnumerable<NftBatch> Load(int elementsAtOnce)
    {
        yield return Skeleton();
        var counted = new SharedObjects();
        var change = new TableChange(schema, chains, counted);
        foreach (var key in services.Keys.InOrder())
        {
            change.Replace(CompiledService.None, services[key].Compiled);
            if (change.ElementCount >= elementsAtOnce)
            {
                foreach (var batch in change.ToBatches())
                {
                    yield return batch;
                }

                change = new(schema, chains, counted);
            }
        }

        foreach (var batch in change.ToBatches())
        {
            yield return batch;
        }
    }

    /// <summary>The whole table as it should be, but for what affinity sets hold.</summary>
    public Table ToTable()
    {
        var lists = schema.All.ToDictionary(static set => set.Name, static _ => new List<SetElement>());
        var all = new List<Chain>(chains.Fixed());
        var sets = new List<SetObject>();
        foreach (var (_, entry) in services)
        {
            Collect(entry.Compiled, lists, all, sets);
        }

        all.AddRange(shared.Chains.Keys.Select(chains.Shared));
        lists[schema.Hairpin.Name].AddRange(shared.Hairpins.Keys.Select(ElementCompiler.Hairpin));
        lists[schema.ClusterIps.Name].AddRange(shared.ClusterIps.Keys.Select(ElementCompiler.ClusterIp));
        sets.AddRange(schema.All.Select(set => set with { Elements = ValueList.Adopt(lists[set.Name].ToArray()) }));
        return new() { Id = schema.Id, Comment = TableComment, Chains = ValueList.From(all), Sets = ValueList.From(sets) };
    }

    /// <inheritdoc/>
    public bool Contains(FrontendKey key) => Find(key) is not null;

    /// <inheritdoc/>
    public bool LeadsTo(FrontendKey key, EndpointAddress endpoint) => Find(key)?.LeadsTo(endpoint) == true;

    /// <summary>The Service that has a frontend, or null.</summary>
    public ServiceKey? OwnerOf(FrontendKey key) => claims.OwnerOf(key);

    /// <summary>The frontend at a key, or null.</summary>
    public CompiledFrontend? Find(FrontendKey key) =>
        claims.OwnerOf(key) is { } owner && services.TryGetValue(owner, out var entry) ? entry.Compiled.Find(key) : null;

    /// <summary>The Services that asked for a frontend that an older one has.</summary>
    public IEnumerable<(ServiceRecord Loser, FrontendKey Frontend, ServiceKey Owner)> LostClaims(IEnumerable<ServiceKey> among)
    {
        foreach (var key in among)
        {
            if (!services.TryGetValue(key, out var entry))
            {
                continue;
            }

            foreach (var frontend in ServiceCompiler.KeysOf(entry.State.Service, Settings.Family))
            {
                if (claims.OwnerOf(frontend) is { } owner && owner != key)
                {
                    yield return (entry.State.Service, frontend, owner);
                }
            }
        }
    }

    private const string TableComment = "rules of podwire-proxy; changes by others are undone";

    /// <summary>Registers who claims what and adds every Service to compile to <paramref name="dirty"/>; true if a frontend passed from one to another.</summary>
    private bool Claim(ProxySnapshot snapshot, ISet<ServiceKey> dirty)
    {
        HashSet<FrontendKey> released = [], taken = [];
        foreach (var (key, state) in snapshot.Services)
        {
            dirty.Add(key);
            var before = services.TryGetValue(key, out var entry) ? entry.State.Service : null;
            if (!ReferenceEquals(before, state?.Service))
            {
                var old = ServiceCompiler.ClaimsOf(before, Settings.Family);
                var now = ServiceCompiler.ClaimsOf(state?.Service, Settings.Family);
                claims.Replace(key, state?.Service.Created ?? default, old, now, dirty);
                Add(released, old, now);
                Add(taken, now, old);
            }

            if (state is not null)
            {
                services[key] = new(state, entry.Compiled ?? CompiledService.None);
            }
            else if (before is not null)
            {
                services[key] = entry with { IsGone = true };
            }
        }

        return dirty.Count > snapshot.Services.Count || released.Overlaps(taken);
    }

    private static void Add(HashSet<FrontendKey> to, IReadOnlyCollection<FrontendKey> these, IReadOnlyCollection<FrontendKey> without)
    {
        foreach (var frontend in these)
        {
            if (without.Count == 0 || !without.Contains(frontend))
            {
                to.Add(frontend);
            }
        }
    }

    private void Recompile(ServiceKey key, NodeState node, TableChange? change)
    {
        if (!services.TryGetValue(key, out var entry))
        {
            return;
        }

        var before = entry.Compiled;
        if (entry.IsGone)
        {
            services.Remove(key);
            Replace(before, CompiledService.None, change);
            return;
        }

        var after = ServiceCompiler.Compile(
            entry.State,
            node,
            Settings.Family,
            frontend => claims.Owns(key, frontend),
            frontend => before.Find(frontend) is { } old ? (old.Slots, old.LocalSlots)
                : adopted.Remove(frontend, out var slots) ? slots
                : ([], []));
        services[key] = entry with { Compiled = after };
        Replace(before, after, change);
    }

    private void Replace(CompiledService before, CompiledService after, TableChange? change)
    {
        NoLocalInternal += (after.HasNoLocalInternal ? 1 : 0) - (before.HasNoLocalInternal ? 1 : 0);
        NoLocalExternal += (after.HasNoLocalExternal ? 1 : 0) - (before.HasNoLocalExternal ? 1 : 0);
        if (change is null)
        {
            shared.Replace(before, after);
        }
        else
        {
            change.Replace(before, after);
        }
    }

    private void Collect(CompiledService service, Dictionary<string, List<SetElement>> lists, List<Chain> all, List<SetObject> sets)
    {
        foreach (var affinity in service.Affinities)
        {
            all.AddRange(chains.Affinity(affinity));
            sets.AddRange(chains.AffinitySets(affinity));
        }

        if (service.FirewallChain is not null)
        {
            all.Add(chains.Firewall(service));
        }

        foreach (var frontend in service.Frontends)
        {
            var (map, element) = ElementCompiler.Frontend(schema, frontend);
            lists[map.Name].Add(element);
            if (frontend.FirewallChain is not null)
            {
                lists[schema.FirewallIps.Name].Add(ElementCompiler.Firewall(frontend));
            }

            var slots = lists[ElementCompiler.SlotMap(schema, frontend.Key).Name];
            for (var i = 0; i < frontend.Slots.Length; i++)
            {
                slots.Add(ElementCompiler.Slot(frontend.Key, i, frontend.Slots[i], frontend.Comment));
            }

            for (var i = 0; i < frontend.LocalSlots.Length; i++)
            {
                slots.Add(ElementCompiler.Slot(frontend.Key, SharedChain.FirstLocalSlot + i, frontend.LocalSlots[i], frontend.Comment));
            }
        }
    }

    [DebuggerDisplay("{State.Service.Key}")]
    private readonly record struct Entry(ServiceState State, CompiledService Compiled, bool IsGone = false);
}
