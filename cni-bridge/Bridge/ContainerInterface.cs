using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>The container's end of a pair: its addresses and routes, set from within its namespace.</summary>
internal static class ContainerInterface
{
    // RFC 4862 section 5.4 takes a second for one probe; some are lost.
    private static readonly TimeSpan DadTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Gives the interface its addresses, switches it on and sets the routes, in one message. Returns the link.</summary>
    internal static Link Configure(NetNamespace target, string ifName, CniResult result, bool detectDuplicates) => target.Run(() =>
    {
        using var socket = RouteSocket.Open();
        var link = socket.GetLink(ifName) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{ifName} was removed while it was being set up");
        SetSwitches(ifName, result, detectDuplicates);
        var batch = new RouteBatch();

        // The address comes before «up», so that arp_notify and ndisc_notify announce it.
        foreach (var ip in result.Ips)
        {
            batch.AddAddress(Address(link.Index, ip.Address, detectDuplicates));
        }

        batch.SetLink(link.Index, new LinkChange { Up = true });
        foreach (var route in Routes(link.Index, result))
        {
            batch.AddRoute(route);
        }

        socket.Execute(batch);
        if (detectDuplicates)
        {
            AwaitDad(socket, link.Index);
        }

        return link;
    });

    /// <summary>
    /// As <see cref="Configure"/> for a link on which there is nobody but the node: nothing is on the link but the gateway, and the own
    /// network is behind it like everything else. Returns the link.
    /// </summary>
    internal static Link ConfigurePointToPoint(NetNamespace target, string ifName, CniResult result) => target.Run(() =>
    {
        using var socket = RouteSocket.Open();
        var link = socket.GetLink(ifName) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{ifName} was removed while it was being set up");
        SetSwitches(ifName, result, detectDuplicates: false);
        var batch = new RouteBatch();
        foreach (var ip in result.Ips)
        {
            var address = Address(link.Index, ip.Address, detectDuplicates: false);
            batch.AddAddress(address with { Flags = address.Flags | AddressFlags.NoPrefixRoute });
        }

        batch.SetLink(link.Index, new LinkChange { Up = true });
        foreach (var route in GatewayRoutes(link.Index, result).Concat(Routes(link.Index, result)))
        {
            batch.AddRoute(route);
        }

        socket.Execute(batch);
        return link;
    });

    /// <summary>The routes to the gateways and, through them, to the own networks.</summary>
    internal static IEnumerable<RouteEntry> GatewayRoutes(int index, CniResult result)
    {
        foreach (var gateway in result.Ips.DistinctBy(ip => ip.Gateway))
        {
            yield return new RouteEntry(IpPrefix.Host(gateway.Gateway)) { InterfaceIndex = index, PreferredSource = gateway.Address.Address, Scope = gateway.Gateway.IsV4 ? RouteScope.Link : null };
        }

        foreach (var ip in result.Ips.Where(ip => !ip.Address.IsHost).DistinctBy(ip => ip.Address.Masked))
        {
            yield return new RouteEntry(ip.Address.Masked) { InterfaceIndex = index, Gateway = ip.Gateway, PreferredSource = ip.Address.Address };
        }
    }

    /// <summary>Switches an interface on that has no addresses. Returns the link.</summary>
    internal static Link SwitchOn(NetNamespace target, string ifName, bool up) => target.Run(() =>
    {
        using var socket = RouteSocket.Open();
        if (up)
        {
            socket.SetLink(ifName, new LinkChange { Up = true });
        }

        return socket.GetLink(ifName) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{ifName} was removed while it was being set up");
    });

    /// <summary>Removes a container's veth end from within, for a pair that does not have our name: one that the reference made.</summary>
    internal static void RemoveForeign(string netNs, string ifName)
    {
        using var target = NetNamespace.TryOpen(netNs);
        if (target is null)
        {
            return;
        }

        using var socket = RouteSocket.Open(target);
        if (socket.GetLink(ifName) is { Kind: "veth" } link)
        {
            socket.DeleteLink(link.Index);
        }
    }

    /// <summary>
    /// The routes of a result as the kernel takes them: without a next hop of its own a route goes by the gateway of its family. One that
    /// is named twice (the reference answers EEXIST) or that an address brings along already is left out.
    /// </summary>
    internal static List<RouteEntry> Routes(int index, CniResult result)
    {
        var seen = new HashSet<(IpPrefix, uint, uint)>();
        var routes = new List<RouteEntry>();
        foreach (var route in result.Routes)
        {
            var destination = route.Dst.Masked;
            var table = (uint?)route.Table ?? RouteEntry.MainTable;
            var onLink = route.Scope is (int)RouteScope.Link or (int)RouteScope.Host;
            var gateway = !route.Gw.IsNone || onLink ? route.Gw : Gateway(result, destination.Family);
            var connected = gateway.IsNone && table == RouteEntry.MainTable && result.Ips.Any(ip => ip.Address.Masked == destination);
            if (connected || !seen.Add((destination, table, (uint)route.Priority)))
            {
                continue;
            }

            routes.Add(new RouteEntry(destination)
            {
                InterfaceIndex = index,
                Gateway = gateway.IsNone ? null : gateway,
                Table = table,
                Metric = (uint)route.Priority,
                Mtu = (uint)route.Mtu,
                AdvertisedMss = (uint)route.AdvMss,
                Scope = route.Scope is { } scope ? (RouteScope)scope : null,
            });
        }

        return routes;
    }

    private static IpAddress Gateway(CniResult result, IpFamily family) =>
        result.Ips.FirstOrDefault(ip => ip.Address.Family == family && !ip.Gateway.IsNone)?.Gateway ?? default;

    private static AddressEntry Address(int index, IpPrefix prefix, bool detectDuplicates) => new(index, prefix)
    {
        Broadcast = prefix.Address.IsV4 && prefix.Length < 31 ? prefix.Last : null,
        Flags = prefix.Address.IsV6 && !detectDuplicates ? AddressFlags.NoDad : AddressFlags.None,
    };

    private static void SetSwitches(string ifName, CniResult result, bool detectDuplicates)
    {
        if (result.Ips.Any(ip => ip.Address.Address.IsV4))
        {
            Sysctl.TryEnsure($"net/ipv4/conf/{ifName}/arp_notify", "1");
        }

        if (result.Ips.Any(ip => ip.Address.Address.IsV6))
        {
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/disable_ipv6", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/accept_dad", detectDuplicates ? "1" : "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/keep_addr_on_down", "1");
            Sysctl.TryEnsure($"net/ipv6/conf/{ifName}/ndisc_notify", "1");
        }
    }

    private static void AwaitDad(RouteSocket socket, int index)
    {
        var deadline = Environment.TickCount64 + (long)DadTimeout.TotalMilliseconds;
        while (true)
        {
            var addresses = socket.ListAddresses(index, IpFamily.V6);
            if (addresses.Find(a => (a.Flags & AddressFlags.DadFailed) != 0) is { } duplicate)
            {
                throw new CniException(CniErrorCode.Conflict, $"{duplicate.Prefix.Address} is in use by another machine on this link");
            }

            if (!addresses.Exists(a => (a.Flags & AddressFlags.Tentative) != 0))
            {
                return;
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new CniException(CniErrorCode.TryAgainLater, $"duplicate address detection did not end within {DadTimeout.TotalSeconds} s");
            }

            Thread.Sleep(10);
        }
    }
}
