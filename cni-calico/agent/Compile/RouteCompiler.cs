using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Compile;

/// <summary>Own blocks lead to nowhere but for the pods in them; of pools with tunnels, others' blocks lead to their nodes. Pure.</summary>
internal static class RouteCompiler
{
    /// <summary>Compiles.</summary>
    public static RoutePlan Compile(CalicoSnapshot snapshot)
    {
        var routes = new Dictionary<IpPrefix, PlannedRoute>();
        var peers = new Dictionary<IpAddress, VxlanPeer>();
        var problems = new List<Problem>();
        var nodes = new Dictionary<string, NodeRecord>(StringComparer.Ordinal);
        foreach (var other in snapshot.Others)
        {
            nodes[other.Name] = other;
        }

        foreach (var block in snapshot.Blocks)
        {
            if (snapshot.Pools.Of(block.Cidr) is not { IsTunnelled: true } pool)
            {
                continue;
            }

            if (pool.Cidr.Address.IsV6)
            {
                continue;
            }

            if (block.Node is { } owner && nodes.TryGetValue(owner, out var node))
            {
                Add(block.Cidr, pool, node);
            }

            foreach (var (address, at) in block.Elsewhere)
            {
                if (nodes.TryGetValue(at, out var elsewhere))
                {
                    Add(IpPrefix.Host(address), pool, elsewhere);
                }
            }
        }

        foreach (var own in snapshot.OwnBlocks)
        {
            // A block of one address is a pod's own route.
            if (!own.IsHost)
            {
                routes[own] = new PlannedRoute(own, RouteWay.Blackhole);
            }
        }

        foreach (var pool in snapshot.Pools.Pools)
        {
            if (pool.Cidr.Address.IsV6 && pool.Vxlan != TunnelMode.Never)
            {
                problems.Add(new Problem("IPPool", pool.Name, "spec.vxlanMode: VXLAN carries IPv4 alone here; the pool has no routes between nodes"));
            }
        }

        return new RoutePlan([.. routes.Values.OrderBy(static route => route.Destination)], [.. peers.Values.OrderBy(static peer => peer.Tunnel)], Uses(snapshot, static pool => pool.Ipip), Uses(snapshot, static pool => pool.Vxlan), problems);

        void Add(IpPrefix destination, AddressPool pool, NodeRecord node)
        {
            if (node.V4.IsNone)
            {
                return;
            }

            var mode = pool.Ipip != TunnelMode.Never ? pool.Ipip : pool.Vxlan;
            if (mode == TunnelMode.CrossSubnet && snapshot.Self.V4.Contains(node.V4.Address))
            {
                routes[destination] = new PlannedRoute(destination, RouteWay.Direct, node.V4.Address);
            }
            else if (pool.Ipip != TunnelMode.Never)
            {
                routes[destination] = new PlannedRoute(destination, RouteWay.Ipip, node.V4.Address);
            }
            else if (!node.VxlanTunnel.IsNone && node.VxlanMac is { } mac)
            {
                routes[destination] = new PlannedRoute(destination, RouteWay.Vxlan, node.VxlanTunnel);
                peers[node.VxlanTunnel] = new VxlanPeer(node.VxlanTunnel, mac, node.V4.Address);
            }
        }
    }

    private static bool Uses(CalicoSnapshot snapshot, Func<AddressPool, TunnelMode> mode)
    {
        foreach (var pool in snapshot.Pools.Pools)
        {
            if (pool.Cidr.Address.IsV4 && mode(pool) != TunnelMode.Never)
            {
                return true;
            }
        }

        return false;
    }
}
