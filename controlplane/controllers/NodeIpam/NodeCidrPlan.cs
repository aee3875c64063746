using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.Controllers.NodeIpam;

/// <summary>What is to be done about the nodes' networks.</summary>
/// <param name="Assign">Nodes without networks and what they get.</param>
/// <param name="Exhausted">Nodes for which nothing is left.</param>
internal sealed record NodeCidrPlan(IReadOnlyList<NodeCidrAssignment> Assign, IReadOnlyList<Node> Exhausted)
{
    /// <summary>
    /// Pure: networks that nodes have stay; a node without one gets a free one. What is <paramref name="assumed"/> (sent to the
    /// API server, not yet seen back) counts as taken and is sent again for its node, so that a stale view never gives one network to two nodes.
    /// </summary>
    /// <param name="nodes">All nodes.</param>
    /// <param name="clusterNetworks">One per family, each with the prefix length of the node networks.</param>
    /// <param name="assumed">Assignments on their way, by the node's uid.</param>
    public static NodeCidrPlan Compile(
        IEnumerable<Node> nodes,
        IReadOnlyList<(IpPrefix Cluster, int NodeMask)> clusterNetworks,
        IReadOnlyDictionary<string, NodeCidrAssignment> assumed)
    {
        var pools = clusterNetworks.Select(network => new CidrPool(network.Cluster, network.NodeMask)).ToArray();
        var without = new List<Node>();
        foreach (var node in nodes.OrderBy(node => node.Metadata.CreationTimestamp).ThenBy(node => node.Metadata.Name, StringComparer.Ordinal))
        {
            var networks = Networks(node);
            Occupy(pools, networks);
            if (networks.Count == 0 && node.Metadata.DeletionTimestamp is null)
            {
                without.Add(node);
            }
        }

        foreach (var assignment in assumed.Values)
        {
            Occupy(pools, assignment.Networks);
        }

        var assign = new List<NodeCidrAssignment>();
        var exhausted = new List<Node>();
        foreach (var node in without)
        {
            var uid = node.Metadata.Uid ?? string.Empty;
            if (assumed.TryGetValue(uid, out var known))
            {
                assign.Add(known);
            }
            else if (TryTake(pools, out var networks))
            {
                assign.Add(new(node.Metadata.Name, uid, networks));
            }
            else
            {
                exhausted.Add(node);
            }
        }

        return new(assign, exhausted);
    }

    /// <summary>The networks that a node has: spec.podCIDRs, or spec.podCIDR alone; what does not parse is left out.</summary>
    public static IReadOnlyList<IpPrefix> Networks(Node node)
    {
        IEnumerable<string> texts = node.Spec.PodCIDRs.Count > 0 ? node.Spec.PodCIDRs
            : string.IsNullOrEmpty(node.Spec.PodCIDR) ? [] : [node.Spec.PodCIDR];
        return [.. texts.Select(text => IpPrefix.TryParse(text, out var network) ? network : default).Where(network => !network.IsNone)];
    }

    private static void Occupy(CidrPool[] pools, IEnumerable<IpPrefix> networks)
    {
        foreach (var network in networks)
        {
            foreach (var pool in pools)
            {
                pool.Occupy(network);
            }
        }
    }

    private static bool TryTake(CidrPool[] pools, out IpPrefix[] networks)
    {
        networks = new IpPrefix[pools.Length];
        for (var i = 0; i < pools.Length; i++)
        {
            if (!pools[i].TryTake(out networks[i]))
            {
                return false;
            }
        }

        return true;
    }
}
