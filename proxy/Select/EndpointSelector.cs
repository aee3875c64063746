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
        foreach (var (_, endpoint) in endpoints)
        {
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

    private static List<PortEndpoint> Cluster(IReadOnlyList<PortEndpoint> endpoints, NodeState node)
    {
        var mode = ModeOf(endpoints, node);
        var ready = Filter(endpoints, endpoint => endpoint.IsReady && mode switch
        {
            TopologyMode.Node => endpoint.NodeHints.Contains(node.Name),
            TopologyMode.Zone => endpoint.ZoneHints.Contains(node.Zone!),
            _ => true,
        });
        // The fall-back ignores hints: it is a last resort against dropping connections.
        return ready.Count > 0 ? ready : Filter(endpoints, static endpoint => endpoint.IsLastResort);
    }

    private static List<PortEndpoint> Filter(IReadOnlyList<PortEndpoint> endpoints, Predicate<EndpointRecord> accept)
    {
        var chosen = new List<PortEndpoint>(endpoints.Count);
        foreach (var candidate in endpoints)
        {
            if (accept(candidate.Endpoint))
            {
                chosen.Add(candidate);
            }
        }

        return chosen;
    }
}
