using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// What the kernel shall hold, found by node, by destination and by neighbour: so that a change of one node costs what that node has, and a
/// notification of the kernel is judged without reading anything. Thread-safe.
/// </summary>
internal sealed class PeerIndex
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Node, IpFamily Family), PeerPlan> plans = [];
    private readonly Dictionary<IpPrefix, PodRoute> routes = [];
    private readonly Dictionary<IpPrefix, string> subnets = [];
    private readonly Dictionary<IpAddress, VtepPeer> vteps = [];
    private readonly Dictionary<(IpFamily Family, MacAddress Mac), VtepPeer> macs = [];
    private readonly Dictionary<(IpFamily Family, byte Length), int> lengths = [];
    private readonly Dictionary<int, OverlayDevice> devices = [];
    private readonly Dictionary<string, int> deviceIndexes = new(StringComparer.Ordinal);
    private IReadOnlyList<IpPrefix> networks = [];
    private int underlay;
    private string node = string.Empty;
    private IReadOnlyDictionary<IpFamily, IpPrefix> own = new Dictionary<IpFamily, IpPrefix>();

    /// <summary>Whether this node's own subnets are to have a blackhole.</summary>
    public bool Blackholes { get; set; }

    /// <summary>Which routes name a next hop.</summary>
    public NextHopUse Hops { get; } = new();

    /// <summary>True if somebody could be served only if another were not.</summary>
    public bool IsContested { get; private set; }

    /// <summary>Takes in a whole desired state with the devices that are there.</summary>
    public void Rebuild(FlannelSnapshot snapshot, OverlayState desired, IReadOnlyDictionary<string, DeviceState> states)
    {
        lock (gate)
        {
            plans.Clear();
            routes.Clear();
            subnets.Clear();
            vteps.Clear();
            macs.Clear();
            lengths.Clear();
            devices.Clear();
            deviceIndexes.Clear();
            underlay = snapshot.Underlay.Index;
            node = snapshot.Node;
            own = snapshot.Subnets;
            networks = snapshot.NetConf.Networks;
            IsContested = desired.Refused.Any(static peer => peer.Contested);
            foreach (var device in desired.Devices)
            {
                if (states.TryGetValue(device.Name, out var state))
                {
                    devices[state.Link.Index] = device;
                    deviceIndexes[device.Name] = state.Link.Index;
                }
            }

            foreach (var (key, plan) in PlansOf(desired))
            {
                Put(key.Node, key.Family, plan);
            }
        }
    }

    /// <summary>Groups a desired state by node and family.</summary>
    public static Dictionary<(string Node, IpFamily Family), PeerPlan> PlansOf(OverlayState desired)
    {
        var plans = new Dictionary<(string, IpFamily), PeerPlan>(desired.Routes.Count);
        foreach (var route in desired.Routes)
        {
            plans[(route.Node, route.Destination.Family)] = new PeerPlan(null, route, null);
        }

        foreach (var device in desired.Devices)
        {
            switch (device)
            {
                case VxlanDevice vxlan:
                    foreach (var peer in vxlan.Peers)
                    {
                        plans[(peer.Node, device.Family)] = plans.GetValueOrDefault((peer.Node, device.Family)) with { Vtep = peer };
                    }

                    break;
                case TunDevice tun:
                    foreach (var peer in tun.Peers)
                    {
                        plans[(peer.Node, device.Family)] = new PeerPlan(null, null, peer);
                    }

                    break;
            }
        }

        return plans;
    }

    /// <summary>What a node has.</summary>
    public PeerPlan Find(string peer, IpFamily family)
    {
        lock (gate)
        {
            return plans.GetValueOrDefault((peer, family));
        }
    }

    /// <summary>
    /// True if a node's new plan may touch another node's: then only a whole compilation tells who is served. Subnets of one length overlap only
    /// if they are equal; where lengths differ nothing is presumed.
    /// </summary>
    public bool Collides(string peer, IpFamily family, PeerPlan plan)
    {
        lock (gate)
        {
            if (plan.Subnet is not { } subnet)
            {
                return false;
            }

            var before = plans.GetValueOrDefault((peer, family)).Subnet;
            foreach (var (key, count) in lengths)
            {
                if (key.Family == family && key.Length != subnet.Length && count > (before?.Length == key.Length ? 1 : 0))
                {
                    return true;
                }
            }

            return (subnets.TryGetValue(subnet, out var owner) && owner != peer)
                || (plan.Vtep is { } vtep && macs.TryGetValue((family, vtep.Mac), out var other) && other.Node != peer);
        }
    }

    /// <summary>Replaces what a node has; before the kernel is told, so that its notifications find it.</summary>
    public void Set(string peer, IpFamily family, PeerPlan plan)
    {
        lock (gate)
        {
            Put(peer, family, plan);
            Hops.Resize(routes.Count);
        }
    }

    /// <summary>The udp back end's entries.</summary>
    public List<KeyValuePair<IpPrefix, IpAddress>> Tunnels()
    {
        lock (gate)
        {
            var hops = new List<KeyValuePair<IpPrefix, IpAddress>>(plans.Count);
            foreach (var plan in plans.Values)
            {
                if (plan.Hop is { } hop)
                {
                    hops.Add(KeyValuePair.Create(hop.Subnet, hop.PublicIp));
                }
            }

            return hops;
        }
    }

    /// <summary>The index of a device, or 0.</summary>
    public int IndexOf(string? device)
    {
        lock (gate)
        {
            return device is null ? underlay : deviceIndexes.GetValueOrDefault(device);
        }
    }

    /// <summary>True if a notification says nothing that differs from what shall be, as those of our own changes do.</summary>
    public bool Agrees(RouteNotification notification)
    {
        lock (gate)
        {
            return notification switch
            {
                RouteNotification.Lost => false,
                RouteNotification.OfLink link => AgreesLink(link.Link, link.Removed),
                RouteNotification.OfAddress address => AgreesAddress(address.Address, address.Removed),
                RouteNotification.OfRoute route => AgreesRoute(route.Route, route.Removed),
                RouteNotification.OfNextHop hop => AgreesNextHop(hop.Hop, hop.Removed),
                RouteNotification.OfNeighbour neighbour => AgreesNeighbour(neighbour.Neighbour, neighbour.Removed),
                RouteNotification.OfFdb fdb => AgreesFdb(fdb.Entry, fdb.Removed),
                _ => true,
            };
        }
    }

    private bool AgreesLink(Link link, bool removed)
    {
        if (devices.TryGetValue(link.Index, out var device))
        {
            return !removed && link.Name == device.Name && link.Mtu == device.Mtu && link.IsUp && (device.HardwareAddress is not { } mac || link.Mac == mac) && (link.Kind.Length == 0 || DeviceMaker.Mismatch(link, device) is null);
        }

        // The underlay's state is for the caller to read; another device must not have the name of one of ours.
        return link.Index != underlay && (removed || !deviceIndexes.ContainsKey(link.Name));
    }

    private bool AgreesAddress(AddressEntry address, bool removed) =>
        devices.TryGetValue(address.InterfaceIndex, out var device)
            ? address.Prefix.Address.IsLinkLocal || address.Prefix.Family != device.Family || removed == (address.Prefix != device.Address)
            : address.InterfaceIndex != underlay;

    private bool AgreesRoute(RouteEntry route, bool removed)
    {
        if (route.Table != RouteEntry.MainTable || route.Type != RouteType.Unicast)
        {
            return !IsBlackhole(route) || removed != (Blackholes && own.GetValueOrDefault(route.Destination.Family) == route.Destination);
        }

        if (routes.TryGetValue(route.Destination, out var wanted))
        {
            var right = route.Gateway == wanted.Gateway && route.InterfaceIndex == (wanted.Device is null ? underlay : deviceIndexes.GetValueOrDefault(wanted.Device)) && !route.IsMultipath;
            return right != removed;
        }

        // What leads over our devices is ours; so is what enters a pod network by way of a gateway; and the link's own networks tell who is on it.
        var ours = (devices.ContainsKey(route.InterfaceIndex) && !route.Destination.Address.IsLinkLocal && !route.Destination.Address.IsMulticast && route.Protocol != RouteProtocol.Kernel)
            || (route.InterfaceIndex == underlay && (route.Gateway is null || InNetwork(route.Destination)));
        return !ours || (removed && !(route.InterfaceIndex == underlay && route.Gateway is null));
    }

    private bool IsBlackhole(RouteEntry route)
    {
        foreach (var network in networks)
        {
            if (BlackholeRoutes.IsOurs(route, network))
            {
                return true;
            }
        }

        return false;
    }

    private bool InNetwork(IpPrefix destination)
    {
        foreach (var network in networks)
        {
            if (network.Contains(destination))
            {
                return true;
            }
        }

        return false;
    }

    private bool AgreesNextHop(NextHopEntry hop, bool removed) =>
        !Hops.Has(hop.Id)
        || !vteps.ContainsKey(NextHopUse.GatewayOf(hop.Id))
        || (!removed && hop.OnLink && hop.Gateway == NextHopUse.GatewayOf(hop.Id) && devices.ContainsKey(hop.InterfaceIndex));

    private bool AgreesNeighbour(NeighbourEntry neighbour, bool removed)
    {
        if (!devices.TryGetValue(neighbour.InterfaceIndex, out var device) || device is not VxlanDevice || neighbour.Address.IsMulticast)
        {
            return true;
        }

        var wanted = vteps.GetValueOrDefault(neighbour.Address);
        return removed || (neighbour.State & NeighbourState.Permanent) == 0
            ? wanted is null
            : wanted is not null && neighbour.Mac == wanted.Mac;
    }

    private bool AgreesFdb(FdbEntry entry, bool removed)
    {
        if (!devices.TryGetValue(entry.InterfaceIndex, out var device) || device is not VxlanDevice || (entry.State & NeighbourState.Permanent) == 0)
        {
            return true;
        }

        var right = macs.TryGetValue((device.Family, entry.Mac), out var wanted) && entry.Remote == wanted.Remote;
        return right != removed;
    }

    private void Put(string peer, IpFamily family, PeerPlan plan)
    {
        if (plans.Remove((peer, family), out var old))
        {
            if (old.Route is { } route && routes.GetValueOrDefault(route.Destination)?.Node == peer)
            {
                routes.Remove(route.Destination);
            }

            if (old.Subnet is { } subnet && peer != node)
            {
                if (subnets.GetValueOrDefault(subnet) == peer)
                {
                    subnets.Remove(subnet);
                }

                lengths[(family, subnet.Length)]--;
            }

            if (old.Vtep is { } vtep)
            {
                vteps.Remove(vtep.Vtep);
                macs.Remove((family, vtep.Mac));
            }
        }

        if (plan.Subnet is not { } now)
        {
            return;
        }

        plans[(peer, family)] = plan;
        if (plan.Route is { } to)
        {
            routes[to.Destination] = to;
        }

        // The udp back end's one route stands for the network, not for a node.
        if (peer != node)
        {
            subnets[now] = peer;
            lengths[(family, now.Length)] = lengths.GetValueOrDefault((family, now.Length)) + 1;
        }

        if (plan.Vtep is { } entry)
        {
            vteps[entry.Vtep] = entry;
            macs[(family, entry.Mac)] = entry;
        }
    }
}
