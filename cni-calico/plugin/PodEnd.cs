using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Plugin;

/// <summary>The pod's end: single addresses, and everything else behind the node.</summary>
internal static class PodEnd
{
    /// <summary>Addresses, next hops and routes in one message. Returns the link.</summary>
    public static Link Configure(NetNamespace target, string ifName, IReadOnlyList<CniIp> ips) => target.Run(() =>
    {
        using var socket = RouteSocket.Open();
        var link = socket.GetLink(ifName) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{ifName} was removed while it was being set up");
        if (Has(ips, IpFamily.V6))
        {
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/disable_ipv6", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/accept_dad", "0");
        }

        var batch = new RouteBatch();
        foreach (var ip in ips)
        {
            batch.AddAddress(new AddressEntry(link.Index, ip.Address) { Flags = ip.Address.Address.IsV6 ? AddressFlags.NoDad : AddressFlags.None });
        }

        batch.SetLink(link.Index, new LinkChange { Up = true });
        foreach (var neighbour in Neighbours(link.Index, ips))
        {
            batch.SetNeighbour(neighbour);
        }

        foreach (var route in Routes(link.Index, ips))
        {
            batch.AddRoute(route);
        }

        socket.Execute(batch);
        return link;
    });

    /// <summary>The routes that a pod has.</summary>
    public static List<RouteEntry> Routes(int index, IReadOnlyList<CniIp> ips)
    {
        var routes = new List<RouteEntry>();
        if (Has(ips, IpFamily.V4))
        {
            routes.Add(new RouteEntry(IpPrefix.Host(HostEnd.GatewayV4)) { InterfaceIndex = index, Scope = RouteScope.Link });
            routes.Add(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { InterfaceIndex = index, Gateway = HostEnd.GatewayV4 });
        }

        if (Has(ips, IpFamily.V6))
        {
            routes.Add(new RouteEntry(IpPrefix.Default(IpFamily.V6)) { InterfaceIndex = index, Gateway = HostEnd.GatewayV6 });
        }

        return routes;
    }

    /// <summary>True if there is an address of the family.</summary>
    public static bool Has(IReadOnlyList<CniIp> ips, IpFamily family)
    {
        foreach (var ip in ips)
        {
            if (ip.Address.Family == family)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The next hops' MAC address is known, so the pod is told. Asked by ARP, the node would answer for 169.254.1.1 only if it had a route to it
    /// through another device: one without a default route has none.
    /// </summary>
    private static List<NeighbourEntry> Neighbours(int index, IReadOnlyList<CniIp> ips)
    {
        var neighbours = new List<NeighbourEntry>();
        if (Has(ips, IpFamily.V4))
        {
            neighbours.Add(new NeighbourEntry(index, HostEnd.GatewayV4, HostEnd.Mac));
        }

        if (Has(ips, IpFamily.V6))
        {
            neighbours.Add(new NeighbourEntry(index, HostEnd.GatewayV6, HostEnd.Mac));
        }

        return neighbours;
    }
}
