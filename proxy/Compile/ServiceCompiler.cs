using Podwire.Primitives;
using Podwire.Proxy.Select;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>
/// Turns one Service into its frontends. Pure and total: what cannot be used was left out when the Service was read.
/// What stood in a slot before stays there, so that the difference to the compilation before is as small as the change.
/// </summary>
internal static class ServiceCompiler
{
    /// <summary>Where nothing stood before.</summary>
    private static readonly Func<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)> NoSlots = static _ => ([], []);

    /// <summary>Compiles for one family.</summary>
    /// <param name="state">The Service with its endpoints.</param>
    /// <param name="node">The node.</param>
    /// <param name="family">The family.</param>
    /// <param name="mayUse">False for a frontend that an older Service has; it is left out.</param>
    /// <param name="slotsBefore">What stands in a frontend's slots so far.</param>
    public static CompiledService Compile(
        ServiceState state,
        NodeState node,
        IpFamily family,
        Func<FrontendKey, bool>? mayUse = null,
        Func<FrontendKey, (EndpointAddress[] Slots, EndpointAddress[] LocalSlots)>? slotsBefore = null)
    {
        var service = state.Service;
        var policy = TrafficPolicy.Of(service);
        if (!service.Has(family))
        {
            // Most Services have one family, and this is compiled for both.
            return CompiledService.None;
        }

        var frontends = new List<CompiledFrontend>(service.Ports.Length);
        List<CompiledAffinity>? affinities = null;
        SortedSet<IpAddress>? hairpins = null;
        var noLocal = false;
        var firewall = FirewallOf(service, node, family);
        foreach (var port in service.Ports)
        {
            var selection = EndpointSelector.Select(state.EndpointsOf(port, family), policy, node);
            noLocal |= policy.UsesLocal && selection.HasAny && selection.Local.Count == 0;
            var plan = new PortPlan(service, port, selection, CommentOf(service, port));
            var slots = new FrontendBuilder(plan, slotsBefore ?? NoSlots);
            var before = frontends.Count;
            foreach (var (key, kind) in KeysOf(service, port, family))
            {
                if (mayUse?.Invoke(key) != false && !Has(frontends, key))
                {
                    frontends.Add(slots.Build(key, kind, kind == FrontendKind.LoadBalancer ? firewall.Chain : null));
                }
            }

            if (frontends.Count == before)
            {
                continue;
            }

            if (plan.Affinity is { } affinity)
            {
                (affinities ??= []).Add(affinity);
            }

            CollectHairpins(ref hairpins, selection, node);
        }

        frontends.Sort(static (left, right) => left.Key.CompareTo(right.Key));

        var clusterIp = service.ClusterIps.FirstOrDefault(address => address.Family == family);
        var used = frontends.Exists(static frontend => frontend.FirewallChain is not null);
        return new()
        {
            ClusterIp = clusterIp,
            Frontends = [.. frontends],
            HasNoLocalInternal = noLocal && service.InternalLocal,
            HasNoLocalExternal = noLocal && service.ExternalLocal && policy.ExternallyReachable,
            Affinities = affinities is null ? [] : [.. affinities],
            Hairpins = hairpins is null ? [] : [.. hairpins],
            FirewallChain = used ? firewall.Chain : null,
            FirewallRanges = used ? firewall.Ranges : [],
        };
    }

    /// <summary>Every frontend of a Service, for claims: the first of a kind wins where one address is named twice.</summary>
    public static IEnumerable<FrontendKey> KeysOf(ServiceRecord service, IpFamily family)
    {
        foreach (var port in service.Ports)
        {
            foreach (var (key, _) in KeysOf(service, port, family))
            {
                yield return key;
            }
        }
    }

    /// <summary>The same for claims, each once.</summary>
    public static IReadOnlyCollection<FrontendKey> ClaimsOf(ServiceRecord? service, IpFamily family)
    {
        if (service?.Has(family) != true)
        {
            return [];
        }

        FrontendKey[] keys = [.. KeysOf(service, family)];
        return keys.Length < 2 ? keys : new HashSet<FrontendKey>(keys);
    }

    /// <summary>The frontends of one port.</summary>
    public static IEnumerable<(FrontendKey Key, FrontendKind Kind)> KeysOf(ServiceRecord service, PortRecord port, IpFamily family)
    {
        foreach (var address in service.ClusterIps)
        {
            if (address.Family == family)
            {
                yield return (new(address, port.Protocol, port.Port), FrontendKind.ClusterIp);
            }
        }

        foreach (var address in service.ExternalIps)
        {
            if (address.Family == family)
            {
                yield return (new(address, port.Protocol, port.Port), FrontendKind.ExternalIp);
            }
        }

        foreach (var address in service.LoadBalancerIps)
        {
            if (address.Family == family)
            {
                yield return (new(address, port.Protocol, port.Port), FrontendKind.LoadBalancer);
            }
        }

        // A node port belongs to the families that the Service has a cluster IP of.
        if (port.NodePort != 0 && service.ClusterIps.Any(address => address.Family == family))
        {
            yield return (FrontendKey.NodePort(port.Protocol, port.NodePort), FrontendKind.NodePort);
        }
    }

    private static bool Has(List<CompiledFrontend> frontends, FrontendKey key)
    {
        foreach (var frontend in frontends)
        {
            if (frontend.Key == key)
            {
                return true;
            }
        }

        return false;
    }

    private static string CommentOf(ServiceRecord service, PortRecord port) => ElementComment.Fit(port.Name.Length == 0 ? service.Key.ToString() : $"{service.Key}:{port.Name}");

    private static (string? Chain, IpPrefix[] Ranges) FirewallOf(ServiceRecord service, NodeState node, IpFamily family)
    {
        if (service.SourceRanges.Length == 0)
        {
            return (null, []);
        }

        var ranges = service.SourceRanges.Where(range => range.Family == family).Distinct().InOrder();
        if (ranges.Count == 0 || ranges.Exists(static range => range.Length == 0))
        {
            return (null, []);
        }

        // A node that holds the load balancer's address itself talks to it from that very address.
        if (node.Addresses.Any(address => ranges.Exists(range => range.Contains(address))))
        {
            ranges.AddRange(service.LoadBalancerIps.Where(address => address.Family == family).Select(IpPrefix.Host));
            ranges.Sort();
        }

        // Wider ranges swallow narrower ones, so that the chain is as short as it can be.
        var merged = new List<IpPrefix>();
        foreach (var range in ranges)
        {
            if (merged.Count == 0 || !merged[^1].Contains(range))
            {
                merged.Add(range);
            }
        }

        return ($"firewall-{service.Key}", [.. merged]);
    }

    private static void CollectHairpins(ref SortedSet<IpAddress>? hairpins, EndpointSelection selection, NodeState node)
    {
        foreach (var choice in (IReadOnlyList<PortEndpoint>[])[selection.Cluster, selection.Local])
        {
            for (var i = 0; i < choice.Count; i++)
            {
                if (choice[i].Endpoint.NodeName == node.Name)
                {
                    (hairpins ??= []).Add(choice[i].Target.Address);
                }
            }
        }
    }
}
