using Podwire.BgpDaemon.Loop;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using RouteEntry = Podwire.Netlink.Route.RouteEntry;

namespace Podwire.BgpDaemon.Kernel;

/// <content>
/// What others do to the kernel's table: routes of ours that went or were changed come back at once, and next hops are looked up again when a link,
/// an address or a route to them changed. What our own requests announce agrees with what was noted of them.
/// </content>
internal sealed partial class KernelRoutes
{
    /// <summary>The kernel's answers and what was noted of them may differ: it is read again with the next lookup.</summary>
    private bool isDoubtful;

    /// <summary>Prefixes whose place was another's before we came: it stays theirs until it is free.</summary>
    private readonly HashSet<IpPrefix> taken = [];

    /// <summary>Prefixes where somebody has put a route in the place of ours: it is taken back.</summary>
    private readonly HashSet<IpPrefix> stolen = [];

    /// <summary>
    /// What was noted of prefixes until a notification spoke against it. That may have been about an earlier request of ours, so what is not wanted
    /// any more is taken away all the same.
    /// </summary>
    private readonly Dictionary<IpPrefix, KernelRoute> doubted = [];

    /// <summary>What the batch under way adds.</summary>
    private readonly List<IpPrefix> added = [];

    /// <summary>Takes up a notification. On the loop's thread.</summary>
    public void Seen(RouteNotification notification)
    {
        switch (notification)
        {
            case RouteNotification.Lost:
                (isDoubtful, nextLookup) = (true, 0);
                break;
            case RouteNotification.OfRoute { Route: { Table: RouteEntry.MainTable } route, Removed: var removed }:
                Seen(route, removed);
                break;
            case RouteNotification.OfLink { Link: var link, Removed: var removed }:
                Seen(link, removed);
                break;
            case RouteNotification.OfAddress { Address.Prefix.Address: var address } when !(address.IsV6 && LinkLocal.Contains(address)):
                nextLookup = 0;
                break;
        }
    }

    private static readonly IpPrefix LinkLocal = IpPrefix.Parse("fe80::/10");

    private void Seen(RouteEntry route, bool removed)
    {
        if (route.Protocol != Protocol && lookups.Keys.Any(hop => hop.Family == route.Destination.Family && route.Destination.Contains(hop)))
        {
            nextLookup = 0;
        }

        if (installed.TryGetValue(route.Destination, out var there) && (removed ? route.Protocol == Protocol && MetricOf(route) == there.Metric : !IsThere(there, route)))
        {
            if (!removed)
            {
                stolen.Add(route.Destination);
            }

            Forget(route.Destination);
        }
        else if (removed && taken.Contains(route.Destination))
        {
            Changed(route.Destination);
        }
    }

    /// <summary>False if a route that was added has taken our route's place; one of another metric has not.</summary>
    private static bool IsThere(KernelRoute there, RouteEntry route)
    {
        if (MetricOf(route) != there.Metric)
        {
            return true;
        }

        return route.Protocol == Protocol
            && (route.IsMultipath ? there.Hops.Count > 1 : there.Hops.Count > 1 ? route.Destination.Address.IsV6 : there.Hops[0].Gateway == route.Gateway && there.Hops[0].InterfaceIndex == route.InterfaceIndex);
    }

    /// <summary>The metric, 0 for the kernel's own choice.</summary>
    private static uint MetricOf(RouteEntry route) => Own(route.Metric, route.Destination);

    private static uint Own(uint metric, IpPrefix destination) => metric == DefaultMetricV6 && destination.Address.IsV6 ? 0 : metric;

    private void Seen(Link link, bool removed)
    {
        var isUsed = lookups.Values.Any(hop => hop?.InterfaceIndex == link.Index);
        if (isUsed && (removed || !link.IsUp))
        {
            // It takes its IPv4 routes along without a word.
            foreach (var (prefix, route) in installed.ToArray())
            {
                if (route.Hops.Any(hop => hop.InterfaceIndex == link.Index))
                {
                    Forget(prefix);
                }
            }
        }

        if (isUsed || unresolved.Count > 0)
        {
            nextLookup = 0;
        }
    }

    private void Forget(IpPrefix prefix)
    {
        if (installed.Remove(prefix, out var there))
        {
            doubted[prefix] = there;
        }

        adopted.Remove(prefix);
        Changed(prefix);
    }

    /// <summary>Forgets what the kernel does not have as it was noted.</summary>
    private void Reread()
    {
        isDoubtful = false;
        var actual = Read();
        foreach (var (prefix, route) in installed.ToArray())
        {
            if (!actual.TryGetValue(prefix, out var there))
            {
                Forget(prefix);
            }
            else if (!route.Equals(there))
            {
                stolen.Add(prefix);
                Forget(prefix);
            }
        }

        foreach (var prefix in taken)
        {
            Changed(prefix);
        }
    }

    /// <summary>Of what was to be added something was there already: ours is noted as it is, and another's is left alone. Rare enough to read the table.</summary>
    private void LeaveToOthers()
    {
        var actual = Read();
        foreach (var prefix in added)
        {
            if (!actual.TryGetValue(prefix, out var ours))
            {
                installed.Remove(prefix);
                if (taken.Add(prefix))
                {
                    LoopLog.AnothersRoute(logger, prefix);
                }
            }
            else
            {
                taken.Remove(prefix);
                if (!ours.Equals(installed[prefix]))
                {
                    installed[prefix] = ours;
                    Changed(prefix);
                }
            }
        }
    }

    private Dictionary<IpPrefix, KernelRoute> Read()
    {
        var found = new Dictionary<IpPrefix, KernelRoute>();
        foreach (var family in new[] { IpFamily.V4, IpFamily.V6 })
        {
            foreach (var route in socket.ListRoutes(family).Where(static route => route is { Protocol: Protocol, IsMultipath: false }))
            {
                found[route.Destination] = KernelRoute.Of([new NextHop(route.Gateway, route.InterfaceIndex)], MetricOf(route));
            }

            foreach (var route in socket.ListMultipathRoutes(family).Where(static route => route.Protocol == Protocol))
            {
                found[route.Destination] = KernelRoute.Of([.. route.NextHops.Select(static hop => hop with { OnLink = false, Weight = 1 })], Own(route.Metric, route.Destination));
            }
        }

        return found;
    }
}
