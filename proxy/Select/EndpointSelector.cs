using Podwire.Proxy.State;

namespace Podwire.Proxy.Select;

/// <summary>
/// Chooses endpoints as kube-proxy does (KEP-1669 terminating endpoints, KEP-2433 topology hints, KEP-2086 internal traffic policy):
/// Cluster takes the ready ones that the hints leave, or the serving and terminating ones if none is ready anywhere;
/// Local takes the ready ones of this node, or its serving and terminating ones. Pure.
/// </summary>
internal static class EndpointSelector
{
    /// <summary>The choice for one port of one family.</summary>
    public static EndpointSelection Select(IReadOnlyList<PortEndpoint> endpoints, TrafficPolicy policy, NodeState node)
    {
        var cluster = policy.UsesCluster ? Cluster(endpoints, node) : [];
        if (!policy.UsesLocal)
        {
            return new(cluster, [], cluster.Count > 0);
        }

        var local = Filter(endpoints, endpoint => endpoint.IsReady && endpoint.NodeName == node.Name);
        if (local.Count == 0)
        {
            local = Filter(endpoints, endpoint => endpoint.IsLastResort && endpoint.NodeName == node.Name);
        }

        var any = cluster.Count > 0 || local.Count > 0 || endpoints.Any(static candidate => candidate.Endpoint.IsReady || candidate.Endpoint.IsLastResort);
        return new(cluster, local, any);
    }

    /// <summary>
    /// Hints count only if every ready endpoint has one and one of them names this node (or its zone); node hints come
    /// first. A single endpoint without a hint means that the controller is not done, so that nothing is narrowed.
    /// </summary>
    public static TopologyMode ModeOf(IReadOnlyList<PortEndpoint> endpoints, NodeState node)
    {
        bool any = false, allZone = true, allNode = true, thisZone = false, thisNode = false;
        foreach (var candidate in endpoints)
        {
            ref readonly var endpoint = ref candidate.Endpoint;
            if (!endpoint.IsReady)
            {
                continue;
            }

            any = true;
            allNode &= endpoint.NodeHints.Length > 0;
            allZone &= endpoint.ZoneHints.Length > 0;
            thisNode |= endpoint.NodeHints.Contains(node.Name);
            thisZone |= node.Zone is not null && endpoint.ZoneHints.Contains(node.Zone);
        }

        return any && allNode && thisNode ? TopologyMode.Node : any && allZone && thisZone ? TopologyMode.Zone : TopologyMode.None;
    }

    private static IReadOnlyList<PortEndpoint> Cluster(IReadOnlyList<PortEndpoint> endpoints, NodeState node)
    {
        var ready = ModeOf(endpoints, node) switch
        {
            TopologyMode.Node => Filter(endpoints, endpoint => endpoint.IsReady && endpoint.NodeHints.Contains(node.Name)),
            TopologyMode.Zone => Filter(endpoints, endpoint => endpoint.IsReady && endpoint.ZoneHints.Contains(node.Zone!)),
            _ => Filter(endpoints, static endpoint => endpoint.IsReady),
        };
        // The fall-back ignores hints: it is a last resort against dropping connections.
        return ready.Count > 0 ? ready : Filter(endpoints, static endpoint => endpoint.IsLastResort);
    }

    /// <summary>Those that are accepted: the same list if that is all of them, as is usual.</summary>
    private static IReadOnlyList<PortEndpoint> Filter(IReadOnlyList<PortEndpoint> endpoints, Predicate<EndpointRecord> accept)
    {
        var first = 0;
        while (first < endpoints.Count && accept(endpoints[first].Endpoint))
        {
            first++;
        }

        if (first == endpoints.Count)
        {
            return endpoints;
        }

        var chosen = new List<PortEndpoint>();
        for (var i = 0; i < endpoints.Count; i++)
        {
            if (i < first || (i > first && accept(endpoints[i].Endpoint)))
            {
                chosen.Add(endpoints[i]);
            }
        }

        return chosen;
    }
}
