using Podwire.Bgp.Session;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using RouteEntry = Podwire.Netlink.Route.RouteEntry;

namespace Podwire.BgpDaemon.Kernel;

/// <content>Which routes the kernel is to have, and by which links.</content>
internal sealed partial class KernelRoutes
{
    private KernelRoute? Desired(BgpSpeaker speaker, IpPrefix prefix)
    {
        foreach (var network in Except)
        {
            if (network.Contains(prefix))
            {
                _ = speaker.Routes(prefix).Count > 0 ? excepted.Add(prefix) : excepted.Remove(prefix);
                return null;
            }
        }

        excepted.Remove(prefix);

        var hops = new List<NextHop>();
        var routes = speaker.Routes(prefix);
        foreach (var route in routes)
        {
            if (route.From.IsNone)
            {
                // An own route: somebody else has put it where it leads.
                return null;
            }

            // The best one is the first: routes of another metric are not used beside it.
            if (route.IsUsed && hops.Count < mostHops && route.Attributes.Metric == routes[0].Attributes.Metric && Lookup(route.Attributes.NextHop, prefix.Family) is { } hop && !hops.Contains(hop))
            {
                hops.Add(hop);
            }
        }

        if (hops.Count > 0)
        {
            unresolved.Remove(prefix);
            return KernelRoute.Of(hops, Own(routes[0].Attributes.Metric, prefix));
        }

        _ = routes.Count > 0 ? unresolved.Add(prefix) : unresolved.Remove(prefix);
        return null;
    }

    private NextHop? Lookup(IpAddress address, IpFamily family)
    {
        if (address.IsNone || address.Family != family)
        {
            return null;
        }

        if (!lookups.TryGetValue(address, out var hop))
        {
            lookups[address] = hop = Find(address);
        }

        return hop;
    }

    private NextHop? Find(IpAddress address)
    {
        try
        {
            var route = socket.GetRoute(address);
            return route is null || route.Type != RouteType.Unicast ? null : new NextHop(route.Gateway ?? address, route.InterfaceIndex);
        }
        catch (NetlinkException)
        {
            return null;
        }
    }

    private void LookAgain()
    {
        var changed = false;
        foreach (var (address, before) in lookups.ToArray())
        {
            var now = Find(address);
            changed |= now != before;
            lookups[address] = now;
        }

        if (changed)
        {
            // Every route may lead elsewhere now; those that do not are found equal and cost no call.
            foreach (var prefix in installed.Keys.Concat(unresolved).ToArray())
            {
                Changed(prefix);
            }
        }
    }
}
