using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>
/// How the kernel has to look after a comparison: what notifications are held against. What this agent's own changes announce agrees with it and
/// makes no work. Immutable once it is told.
/// </summary>
internal sealed record KernelExpectation
{
    public required IReadOnlyDictionary<IpPrefix, RouteEntry> Routes { get; init; }

    /// <summary>The links that count by index: the underlay's and the tunnels', as they are to be.</summary>
    public required IReadOnlyDictionary<int, int> Mtus { get; init; }

    /// <summary>The tunnels' addresses by link.</summary>
    public required IReadOnlyDictionary<int, IpAddress> Tunnels { get; init; }

    /// <summary>The link of vxlan.calico; 0 without one.</summary>
    public int Overlay { get; init; }

    /// <summary>On it: the Ethernet addresses of the others' ends.</summary>
    public IReadOnlyDictionary<IpAddress, MacAddress> Neighbours { get; init; } = new Dictionary<IpAddress, MacAddress>();

    /// <summary>On it: the nodes behind those.</summary>
    public IReadOnlyDictionary<MacAddress, IpAddress> Ends { get; init; } = new Dictionary<MacAddress, IpAddress>();

    /// <summary>True if what happened leaves everything as it has to be.</summary>
    public bool Agrees(RouteNotification notification) => notification switch
    {
        RouteNotification.OfRoute { Route: var route, Removed: var removed } => Agrees(route, removed),
        RouteNotification.OfLink { Link: var link, Removed: var removed } => Mtus.TryGetValue(link.Index, out var mtu)
            ? !removed && link.IsUp && link.Mtu == mtu
            : link.Name is not (RouteKeeper.VxlanDevice or RouteKeeper.IpipDevice) || removed,
        RouteNotification.OfAddress { Address: var address, Removed: var removed } => !Tunnels.TryGetValue(address.InterfaceIndex, out var own)
            || address.Prefix.Address.IsV6 || (address.Prefix == IpPrefix.Host(own)) != removed,
        RouteNotification.OfNeighbour { Neighbour: var neighbour, Removed: var removed } => neighbour.InterfaceIndex != Overlay || Overlay == 0 || neighbour.Address.IsV6 || Agrees(neighbour, removed),
        RouteNotification.OfFdb { Entry: { Remote: { } remote } entry, Removed: var removed } => entry.InterfaceIndex != Overlay || Overlay == 0
            || (Ends.TryGetValue(entry.Mac, out var wanted) ? !removed && wanted == remote : removed),
        RouteNotification.Lost => false,
        _ => true,
    };

    /// <summary>True if a route is the one that is wanted. What else it may have (a metric, a source) nobody compares.</summary>
    public static bool IsSame(RouteEntry there, RouteEntry wanted) =>
        there.Type == wanted.Type && (wanted.Type == RouteType.Blackhole || (there.Gateway == wanted.Gateway && there.InterfaceIndex == wanted.InterfaceIndex));

    private bool Agrees(RouteEntry route, bool removed)
    {
        if (route.Table != RouteEntry.MainTable)
        {
            return true;
        }

        if (!Routes.TryGetValue(route.Destination, out var wanted))
        {
            return removed || route.Protocol != RouteKeeper.Protocol;
        }

        // One of another's with the same destination may have taken the place of ours, which the kernel does not announce as removed.
        return !removed && route.Protocol == RouteKeeper.Protocol && IsSame(route, wanted);
    }

    private bool Agrees(NeighbourEntry neighbour, bool removed) => Neighbours.TryGetValue(neighbour.Address, out var mac)
        ? !removed && neighbour.Mac == mac && neighbour.State == NeighbourState.Permanent
        : removed || neighbour.State != NeighbourState.Permanent;
}
