using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile.Iptables;

/// <summary>
/// The chains of one family as they should be, kept by Service: of each chain only a fingerprint, from which follows what a change
/// has to write. No I/O, no clock.
/// </summary>
internal sealed class IptablesModel(IptablesSettings settings) : IFrontendIndex
{
    /// <summary>With more endpoints than this in all, rules of endpoints carry no comments (kube-proxy calls it a large cluster).</summary>
    internal const int LargeCluster = 1000;

    private static readonly IptablesTable[] Tables = [IptablesTable.Filter, IptablesTable.Nat];
    private readonly SortedDictionary<ServiceKey, Entry> services = [];
    private readonly FrontendClaims claims = new();
    private readonly Dictionary<(IptablesTable, string), ulong> sharedFingerprints = [];
    private NodeState node = new() { Name = string.Empty };
    private int endpoints;
    private int serviceRules;
    private IptablesRuleCounts sharedRules;

    /// <summary>What all rules depend on.</summary>
    public IptablesSettings Settings => settings;

    /// <summary>True if there are so many endpoints that comments are left out.</summary>
    public bool IsLarge => endpoints > LargeCluster;

    /// <summary>Services with rules.</summary>
    public int ServiceCount => services.Count;

    /// <summary>How many rules there are.</summary>
    public IptablesRuleCounts RuleCounts => sharedRules with { Nat = sharedRules.Nat + serviceRules };

    /// <summary>Takes in a snapshot; gives the chains that change by it.</summary>
    public IptablesChange Apply(ProxySnapshot snapshot)
    {
        var wasLarge = IsLarge;
        node = snapshot.Node;
        var change = new IptablesChange();
        var dirty = new SortedSet<ServiceKey>();
        foreach (var (key, state) in snapshot.Services)
        {
            Take(key, state, dirty, change);
        }

        var sharedChanged = sharedFingerprints.Count == 0;
        foreach (var key in IsLarge == wasLarge ? dirty : [.. services.Keys, .. dirty])
        {
            sharedChanged |= Recompile(key, change);
        }

        if (sharedChanged)
        {
            sharedRules = default;
            foreach (var (table, chain, rules) in SharedChains())
            {
                sharedRules = table == IptablesTable.Nat ? sharedRules with { Nat = sharedRules.Nat + rules.Count } : sharedRules with { Filter = sharedRules.Filter + rules.Count };
                var fingerprint = new IptablesChain(chain, rules).Fingerprint();
                if (!sharedFingerprints.TryGetValue((table, chain), out var before) || before != fingerprint)
                {
                    sharedFingerprints[(table, chain)] = fingerprint;
                    change.Write(table, chain, rules);
                }
            }
        }

        return change;
    }

    /// <summary>Everything as iptables-save would list it.</summary>
    public IptablesListing ToListing()
    {
        var nat = new Dictionary<string, List<IptablesRule>>(StringComparer.Ordinal) { [KubeChains.Canary] = [] };
        var filter = new Dictionary<string, List<IptablesRule>>(StringComparer.Ordinal) { [KubeChains.Canary] = [], [KubeChains.Firewall] = [] };
        foreach (var (table, chain, rules) in SharedChains())
        {
            (table == IptablesTable.Nat ? nat : filter)[chain] = rules;
        }

        foreach (var key in services.Keys)
        {
            foreach (var chain in Compile(key).Chains)
            {
                nat[chain.Name] = [.. chain.Rules];
            }
        }

        return new(new Dictionary<string, Dictionary<string, List<IptablesRule>>>
        {
            [IptablesText.NameOf(IptablesTable.Filter)] = filter,
            [IptablesText.NameOf(IptablesTable.Nat)] = nat,
            [IptablesText.NameOf(IptablesTable.Mangle)] = new() { [KubeChains.Canary] = [] },
        });
    }

    /// <inheritdoc/>
    public bool Contains(FrontendKey key) => claims.OwnerOf(key) is not null;

    /// <inheritdoc/>
    public bool LeadsTo(FrontendKey key, EndpointAddress endpoint)
    {
        if (claims.OwnerOf(key) is not { } owner || !services.TryGetValue(owner, out var entry))
        {
            return false;
        }

        foreach (var port in entry.State.Service.Ports)
        {
            foreach (var (frontend, kind) in ServiceCompiler.KeysOf(entry.State.Service, port, settings.Family))
            {
                if (frontend == key)
                {
                    var selection = IptablesServiceCompiler.Select(entry.State, port, node, settings.Family);
                    // Pods and the node itself go to every endpoint whatever the external policy.
                    var inside = kind == FrontendKind.ClusterIp;
                    return (inside && entry.State.Service.InternalLocal ? selection.Local : selection.Cluster).Any(candidate => candidate.Target == endpoint)
                        || (!inside && selection.Local.Any(candidate => candidate.Target == endpoint));
                }
            }
        }

        return false;
    }

    /// <summary>The Service that has a frontend, or null.</summary>
    public ServiceKey? OwnerOf(FrontendKey key) => claims.OwnerOf(key);

    /// <summary>The Services that asked for a frontend that an older one has.</summary>
    public IEnumerable<(ServiceRecord Loser, FrontendKey Frontend, ServiceKey Owner)> LostClaims(IEnumerable<ServiceKey> among)
    {
        foreach (var key in among)
        {
            if (!services.TryGetValue(key, out var entry))
            {
                continue;
            }

            foreach (var frontend in ServiceCompiler.KeysOf(entry.State.Service, settings.Family))
            {
                if (claims.OwnerOf(frontend) is { } owner && owner != key)
                {
                    yield return (entry.State.Service, frontend, owner);
                }
            }
        }
    }

    private void Take(ServiceKey key, ServiceState? state, SortedSet<ServiceKey> dirty, IptablesChange change)
    {
        dirty.Add(key);
        var before = services.GetValueOrDefault(key);
        if (!ReferenceEquals(before?.State.Service, state?.Service))
        {
            HashSet<FrontendKey> old = before is null ? [] : [.. ServiceCompiler.KeysOf(before.State.Service, settings.Family)];
            HashSet<FrontendKey> now = state is null ? [] : [.. ServiceCompiler.KeysOf(state.Service, settings.Family)];
            claims.Replace(key, state?.Service.Created ?? default, old, now, dirty);
            // A frontend that is gone is not among those of the Service any more.
            change.FlowFrontends.AddRange(old.Where(frontend => frontend.Protocol != IpProtocol.Tcp && !now.Contains(frontend)));
        }

        var count = state?.Service.Ports.Sum(port => state.EndpointsOf(port, settings.Family).Count) ?? 0;
        endpoints += count - (before?.Endpoints ?? 0);
        if (state is not null)
        {
            services[key] = new(state, count) { Shared = before?.Shared ?? [], Chains = before?.Chains ?? [], Rules = before?.Rules ?? 0 };
        }
        else if (before is not null)
        {
            // Its chains are deleted when it is compiled.
            services[key] = before with { IsGone = true, Endpoints = 0 };
        }
    }

    private IptablesService Compile(ServiceKey key) => IptablesServiceCompiler.Compile(services[key].State, node, settings, !IsLarge, frontend => claims.Owns(key, frontend));

    /// <summary>Compiles a Service anew and adds what differs; true if rules in shared chains differ.</summary>
    private bool Recompile(ServiceKey key, IptablesChange change)
    {
        if (!services.TryGetValue(key, out var entry))
        {
            return false;
        }

        var compiled = entry.IsGone ? new() : Compile(key);
        var before = entry.Chains.ToDictionary(static chain => chain.Name, static chain => chain.Fingerprint, StringComparer.Ordinal);
        var after = new (string Name, ulong Fingerprint)[compiled.Chains.Count];
        var changed = !entry.Shared.SequenceEqual(compiled.Shared);
        var chainsChanged = false;
        for (var i = 0; i < after.Length; i++)
        {
            var chain = compiled.Chains[i];
            after[i] = (chain.Name, chain.Fingerprint());
            if (!before.Remove(chain.Name, out var old) || old != after[i].Fingerprint)
            {
                change.Write(IptablesTable.Nat, chain.Name, chain.Rules);
                chainsChanged = true;
            }
        }

        foreach (var chain in before.Keys)
        {
            change.Delete(IptablesTable.Nat, chain);
            chainsChanged = true;
        }

        var rules = compiled.Chains.Sum(static chain => chain.Rules.Count);
        serviceRules += rules - entry.Rules;
        if (changed || chainsChanged)
        {
            change.FlowFrontends.AddRange(ServiceCompiler.KeysOf(entry.State.Service, settings.Family).Where(static frontend => frontend.Protocol != IpProtocol.Tcp));
        }

        if (entry.IsGone)
        {
            services.Remove(key);
        }
        else
        {
            services[key] = entry with { Shared = compiled.Shared, Chains = after, Rules = rules };
        }

        return changed;
    }

    /// <summary>The chains that always exist, with the rules of all Services in them.</summary>
    private IEnumerable<(IptablesTable Table, string Chain, List<IptablesRule> Rules)> SharedChains()
    {
        var lists = new Dictionary<(IptablesTable, string), List<IptablesRule>>();
        foreach (var table in Tables)
        {
            foreach (var chain in Managed(table))
            {
                lists[(table, chain)] = [.. FixedChains.Head(table, chain, settings)];
            }
        }

        foreach (var (_, entry) in services)
        {
            foreach (var (table, chain, rule) in entry.Shared)
            {
                lists[(table, chain)].Add(rule);
            }
        }

        foreach (var table in Tables)
        {
            foreach (var chain in Managed(table))
            {
                var rules = lists[(table, chain)];
                rules.AddRange(FixedChains.Tail(table, chain, settings));
                yield return (table, chain, rules);
            }
        }
    }

    /// <summary>The rule in KUBE-FIREWALL is needed, and ours to keep, only with localhost node ports.</summary>
    private IEnumerable<string> Managed(IptablesTable table) =>
        table == IptablesTable.Filter && settings.LocalhostNodePorts ? [.. KubeChains.Fixed(table), KubeChains.Firewall] : KubeChains.Fixed(table);

    private sealed record Entry(ServiceState State, int Endpoints)
    {
        public List<(IptablesTable Table, string Chain, IptablesRule Rule)> Shared { get; init; } = [];

        public (string Name, ulong Fingerprint)[] Chains { get; init; } = [];

        public int Rules { get; init; }

        public bool IsGone { get; init; }
    }
}
