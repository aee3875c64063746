using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>
/// The virtual services, addresses and sets of one family as they should be, kept by Service, so that a change is compiled from the Services it
/// names. No I/O, no clock.
/// </summary>
internal sealed class IpvsModel : IFrontendIndex
{
    private readonly Dictionary<ServiceKey, (ServiceState State, CompiledIpvs Compiled)> services = [];
    private readonly FrontendClaims claims = new();
    private readonly Dictionary<IpvsServiceKey, List<(bool IsNodePort, ServiceKey Owner, IpvsService Service)>> virtuals = [];
    private readonly RefCounts<IpAddress> addresses = new();
    private readonly RefCounts<IpvsSetEntry> entries = new();
    private readonly RefCounts<IpvsServiceKey> denied = new();

    /// <summary>An empty model.</summary>
    /// <param name="settings">What everything depends on beside the Services.</param>
    public IpvsModel(IpvsSettings settings) => Settings = settings;

    /// <summary>What everything depends on; when it changes, <see cref="With"/> makes a new model.</summary>
    public IpvsSettings Settings { get; }

    /// <summary>The virtual services that should be.</summary>
    public IEnumerable<IpvsService> Services => virtuals.Values.Select(static wanted => wanted[0].Service);

    /// <summary>The addresses that kube-ipvs0 should have.</summary>
    public IReadOnlyCollection<IpAddress> Addresses => addresses.Keys;

    /// <summary>The entries that the sets should have.</summary>
    public IReadOnlyCollection<IpvsSetEntry> Entries => entries.Keys;

    /// <summary>Load balancer addresses that processes of this node may not use, in order.</summary>
    public IReadOnlyList<IpvsServiceKey> DeniedToNode => denied.Keys.InOrder();

    /// <summary>The virtual service at a key, or null.</summary>
    public IpvsService? Find(IpvsServiceKey key) => virtuals.TryGetValue(key, out var wanted) ? wanted[0].Service : null;

    /// <summary>A model of the same Services under other settings.</summary>
    public IpvsModel With(IpvsSettings settings, NodeState node)
    {
        var model = new IpvsModel(settings);
        _ = model.Apply(new(node, services.ToDictionary(static pair => pair.Key, static pair => (ServiceState?)pair.Value.State)));
        return model;
    }

    /// <summary>Takes in a snapshot and gives what differs.</summary>
    public IpvsChange Apply(ProxySnapshot snapshot)
    {
        var dirty = new SortedSet<ServiceKey>();
        foreach (var (key, state) in snapshot.Services)
        {
            dirty.Add(key);
            var before = services.TryGetValue(key, out var entry) ? entry.State.Service : null;
            if (!ReferenceEquals(before, state?.Service))
            {
                HashSet<FrontendKey> old = before is null ? [] : [.. ServiceCompiler.KeysOf(before, Settings.Family)];
                HashSet<FrontendKey> now = state is null ? [] : [.. ServiceCompiler.KeysOf(state.Service, Settings.Family)];
                claims.Replace(key, state?.Service.Created ?? default, old, now, dirty);
            }
        }

        var work = new Work();
        foreach (var key in dirty)
        {
            var known = services.TryGetValue(key, out var entry);
            var state = snapshot.Services.TryGetValue(key, out var changed) ? changed : entry.State;
            var before = known ? entry.Compiled : CompiledIpvs.None;
            var after = state is null ? CompiledIpvs.None : IpvsCompiler.Compile(state, snapshot.Node, Settings, frontend => claims.Owns(key, frontend));
            if (state is null)
            {
                services.Remove(key);
            }
            else
            {
                services[key] = (state, after);
            }

            if (!before.Equals(after))
            {
                Replace(key, before, after, work);
            }
        }

        return Finish(work);
    }

    /// <inheritdoc/>
    public bool Contains(FrontendKey key) => FindService(key) is not null;

    /// <inheritdoc/>
    public bool LeadsTo(FrontendKey key, EndpointAddress endpoint)
    {
        foreach (var destination in FindService(key)?.Destinations ?? [])
        {
            if (destination.Address == endpoint.Address && destination.Port == endpoint.Port)
            {
                return true;
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

            foreach (var frontend in ServiceCompiler.KeysOf(entry.State.Service, Settings.Family))
            {
                if (claims.OwnerOf(frontend) is { } owner && owner != key)
                {
                    yield return (entry.State.Service, frontend, owner);
                }
            }
        }
    }

    private IpvsService? FindService(FrontendKey key) =>
        claims.OwnerOf(key) is { } owner && services.TryGetValue(owner, out var entry) ? entry.Compiled.Find(key) : null;

    private void Replace(ServiceKey owner, CompiledIpvs before, CompiledIpvs after, Work work)
    {
        foreach (var frontend in before.Frontends)
        {
            Withdraw(owner, frontend.Service.Key, work);
        }

        foreach (var frontend in after.Frontends)
        {
            Ask(owner, frontend, work);
        }

        Count(addresses, before.Addresses, after.Addresses, work.Addresses);
        Count(entries, before.Entries, after.Entries, work.Entries);
        Count(denied, before.DeniedToNode, after.DeniedToNode, work.Denied);
        foreach (var frontend in (IEnumerable<IpvsFrontend>)[.. before.Frontends, .. after.Frontends])
        {
            if (frontend.Frontend.Protocol != IpProtocol.Tcp && before.Find(frontend.Frontend)?.Destinations != after.Find(frontend.Frontend)?.Destinations)
            {
                work.Flows.Add(frontend.Frontend);
            }
        }
    }

    private void Ask(ServiceKey owner, IpvsFrontend frontend, Work work)
    {
        var key = frontend.Service.Key;
        work.Touch(key, Find(key));
        if (!virtuals.TryGetValue(key, out var wanted))
        {
            virtuals[key] = wanted = new(1);
        }

        // An external address that is the node's own, at the number of a node port: the one that names the address has it.
        wanted.Add((frontend.Frontend.IsNodePort, owner, frontend.Service));
        if (wanted.Count > 1)
        {
            wanted.Sort(static (left, right) => left.IsNodePort != right.IsNodePort ? left.IsNodePort.CompareTo(right.IsNodePort) : left.Owner.CompareTo(right.Owner));
        }
    }

    private void Withdraw(ServiceKey owner, IpvsServiceKey key, Work work)
    {
        work.Touch(key, Find(key));
        var wanted = virtuals[key];
        wanted.RemoveAt(wanted.FindIndex(entry => entry.Owner == owner));
        if (wanted.Count == 0)
        {
            virtuals.Remove(key);
        }
    }

    private static void Count<T>(RefCounts<T> counts, Ruleset.ValueList<T> before, Ruleset.ValueList<T> after, Dictionary<T, bool> touched)
        where T : IEquatable<T>
    {
        foreach (var item in before)
        {
            touched.TryAdd(item, counts.Contains(item));
            counts.Remove(item);
        }

        foreach (var item in after)
        {
            touched.TryAdd(item, counts.Contains(item));
            counts.Add(item);
        }
    }

    private IpvsChange Finish(Work work)
    {
        var changed = new List<IpvsServiceChange>();
        foreach (var (key, before) in work.Services.InOrder(static (left, right) => left.Key.CompareTo(right.Key)))
        {
            var after = Find(key);
            if (!Equals(before, after))
            {
                changed.Add(new(before, after));
            }
        }

        return new()
        {
            Services = changed,
            AddressesAdded = Changed(work.Addresses, addresses, now: true).InOrder(),
            AddressesRemoved = Changed(work.Addresses, addresses, now: false).InOrder(),
            EntriesAdded = Changed(work.Entries, entries, now: true),
            EntriesRemoved = Changed(work.Entries, entries, now: false),
            FlowFrontends = [.. work.Flows],
            DeniedChanged = work.Denied.Any(pair => pair.Value != denied.Contains(pair.Key)),
        };
    }

    /// <summary>What came to be needed, or ceased to be, since it was noted.</summary>
    private static List<T> Changed<T>(Dictionary<T, bool> before, RefCounts<T> counts, bool now)
        where T : notnull
    {
        var list = new List<T>();
        foreach (var (item, was) in before)
        {
            if (was != now && counts.Contains(item) == now)
            {
                list.Add(item);
            }
        }

        return list;
    }

    /// <summary>What a run touched, as it was before the run.</summary>
    private sealed class Work
    {
        public Dictionary<IpvsServiceKey, IpvsService?> Services { get; } = [];

        public Dictionary<IpAddress, bool> Addresses { get; } = [];

        public Dictionary<IpvsSetEntry, bool> Entries { get; } = [];

        public Dictionary<IpvsServiceKey, bool> Denied { get; } = [];

        public HashSet<FrontendKey> Flows { get; } = [];

        public void Touch(IpvsServiceKey key, IpvsService? before) => Services.TryAdd(key, before);
    }
}
