using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The difference between what the kernel holds and what it shall hold. Pure. Every wanted device must be there.</summary>
internal static class OverlayDiff
{
    /// <summary>Compares.</summary>
    public static OverlayChanges Between(KernelState actual, OverlayState desired, Underlay underlay)
    {
        var removedAddresses = new List<AddressEntry>();
        var addedAddresses = new List<AddressEntry>();
        var removedFdb = new List<FdbEntry>();
        var removedNeighbours = new List<NeighbourEntry>();
        var neighbours = new Dictionary<string, NeighbourEntry>(StringComparer.Ordinal);
        var fdb = new Dictionary<string, FdbEntry>(StringComparer.Ordinal);
        foreach (var device in desired.Devices)
        {
            var state = actual.Devices[device.Name];
            Addresses(device, state, removedAddresses, addedAddresses);
            Neighbours(device, state, removedNeighbours, neighbours);
            Fdb(device, state, removedFdb, fdb);
        }

        var routes = new Dictionary<string, RouteEntry>(StringComparer.Ordinal);
        var removedRoutes = Routes(actual, desired, underlay, routes);
        return new OverlayChanges
        {
            RemovedAddresses = removedAddresses,
            AddedAddresses = addedAddresses,
            RemovedRoutes = removedRoutes,
            RemovedFdb = removedFdb,
            RemovedNeighbours = removedNeighbours,
            Peers = Group(neighbours, fdb, routes),
        };
    }

    private static void Addresses(VxlanDevice device, DeviceState state, List<AddressEntry> removed, List<AddressEntry> added)
    {
        var found = false;
        foreach (var address in state.Addresses)
        {
            if (address.Prefix == device.Address)
            {
                found = true;
            }
            else
            {
                removed.Add(address);
            }
        }

        if (!found)
        {
            added.Add(new AddressEntry(state.Link.Index, device.Address) { Flags = AddressFlags.NoDad });
        }
    }

    private static void Neighbours(VxlanDevice device, DeviceState state, List<NeighbourEntry> removed, Dictionary<string, NeighbourEntry> missing)
    {
        var actual = state.Neighbours.ToDictionary(static entry => entry.Address);
        foreach (var peer in device.Peers)
        {
            if (!actual.Remove(peer.Vtep, out var entry) || entry.Mac != peer.Mac)
            {
                missing.Add(Key(peer.Node, device), new NeighbourEntry(state.Link.Index, peer.Vtep, peer.Mac));
            }
        }

        // What is left nobody wants. Multicast entries of IPv6 are the kernel's.
        removed.AddRange(actual.Values.Where(static entry => !entry.Address.IsMulticast));
    }

    private static void Fdb(VxlanDevice device, DeviceState state, List<FdbEntry> removed, Dictionary<string, FdbEntry> missing)
    {
        var wanted = device.Peers.ToDictionary(static peer => peer.Mac);
        var right = new HashSet<Podwire.Primitives.MacAddress>();
        foreach (var entry in state.Fdb)
        {
            if (wanted.TryGetValue(entry.Mac, out var peer) && entry.Remote == peer.Remote)
            {
                right.Add(entry.Mac);
            }
            else if (!wanted.ContainsKey(entry.Mac) || state.Fdb.Count(other => other.Mac == entry.Mac) > 1)
            {
                // A wrong remote alone is replaced in place; one beside the right one would get a copy of every frame.
                removed.Add(entry);
            }
        }

        foreach (var peer in device.Peers)
        {
            if (!right.Contains(peer.Mac))
            {
                missing.Add(Key(peer.Node, device), new FdbEntry(state.Link.Index, peer.Mac) { Remote = peer.Remote });
            }
        }
    }

    private static List<RouteEntry> Routes(KernelState actual, OverlayState desired, Underlay underlay, Dictionary<string, RouteEntry> missing)
    {
        var left = actual.Routes.ToHashSet();
        var byDestination = actual.Routes.ToLookup(static entry => entry.Destination);
        foreach (var route in desired.Routes)
        {
            var wanted = new RouteEntry(route.Destination)
            {
                Gateway = route.Gateway,
                InterfaceIndex = route.Device is null ? underlay.Index : actual.Devices[route.Device].Link.Index,
                OnLink = route.Device is not null,
            };
            if (byDestination[wanted.Destination].FirstOrDefault(entry => IsRight(entry, wanted)) is { } right)
            {
                left.Remove(right);
                continue;
            }

            missing.Add($"{route.Node} {wanted.Destination.Family}", wanted);

            // The kernel puts the new one in the place of one with the same metric (IPv4), so traffic meets no gap.
            left.ExceptWith(byDestination[wanted.Destination].Where(entry => entry.Metric == wanted.Metric && entry.Destination.Address.IsV4));
        }

        return [.. left.OrderBy(static entry => entry.Destination)];
    }

    private static bool IsRight(RouteEntry entry, RouteEntry wanted) =>
        entry.Destination == wanted.Destination
        && entry.Gateway == wanted.Gateway
        && entry.InterfaceIndex == wanted.InterfaceIndex
        && !entry.IsMultipath
        && entry.Mtu == 0
        && (!wanted.OnLink || entry.OnLink);

    private static string Key(string node, VxlanDevice device) => $"{node} {device.Family}";

    private static List<PeerChange> Group(Dictionary<string, NeighbourEntry> neighbours, Dictionary<string, FdbEntry> fdb, Dictionary<string, RouteEntry> routes)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        keys.UnionWith(neighbours.Keys);
        keys.UnionWith(fdb.Keys);
        keys.UnionWith(routes.Keys);
        return [.. keys.Select(key => new PeerChange(
            key[..key.IndexOf(' ', StringComparison.Ordinal)],
            neighbours.GetValueOrDefault(key),
            fdb.GetValueOrDefault(key),
            routes.GetValueOrDefault(key)))];
    }
}
