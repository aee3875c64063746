using System.Runtime.InteropServices;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The difference between what the kernel holds and what it shall hold. Pure. Every wanted device must be there.</summary>
internal sealed class OverlayDiff
{
    private readonly List<AddressEntry> removedAddresses = [];
    private readonly List<AddressEntry> addedAddresses = [];
    private readonly List<FdbEntry> removedFdb = [];
    private readonly List<NeighbourEntry> removedNeighbours = [];
    private readonly List<RouteEntry> removedRoutes = [];
    private readonly List<uint> removedNextHops = [];
    private readonly NextHopUse hops;
    private readonly Dictionary<(string Node, IpFamily Family), Draft> peers = [];

    private OverlayDiff(NextHopUse hops) => this.hops = hops;

    private OverlayChanges Changes
    {
        get
        {
            var keys = new List<(string Node, IpFamily Family)>(peers.Keys);
            keys.Sort(static (a, b) => string.CompareOrdinal(a.Node, b.Node) is var order and not 0 ? order : ((int)a.Family).CompareTo((int)b.Family));
            var sorted = new List<PeerChange>(keys.Count);
            foreach (var key in keys)
            {
                var draft = peers[key];
                sorted.Add(new PeerChange(key.Node, draft.Neighbour, draft.Fdb, draft.Route) { NextHop = draft.NextHop });
            }

            return new OverlayChanges
            {
                RemovedAddresses = removedAddresses,
                AddedAddresses = addedAddresses,
                RemovedRoutes = removedRoutes,
                RemovedNextHops = removedNextHops,
                RemovedFdb = removedFdb,
                RemovedNeighbours = removedNeighbours,
                Peers = sorted,
            };
        }
    }

    /// <summary>Compares everything.</summary>
    /// <param name="actual">What there is.</param>
    /// <param name="desired">What shall be.</param>
    /// <param name="underlay">The interface to the other nodes.</param>
    /// <param name="hops">Which routes name a next hop.</param>
    public static OverlayChanges Between(KernelState actual, OverlayState desired, Underlay underlay, NextHopUse hops)
    {
        var diff = new OverlayDiff(hops);
        foreach (var device in desired.Devices)
        {
            var state = actual.Devices[device.Name];
            diff.Addresses(device, state);
            if (device is VxlanDevice vxlan)
            {
                diff.Neighbours(vxlan, state);
                diff.Fdb(vxlan, state);
                diff.NextHops(vxlan, state);
            }
        }

        diff.Routes(actual, desired, underlay);
        return diff.Changes;
    }

    /// <summary>What changes for single nodes, from what was wanted of each before; the kernel holds that.</summary>
    /// <param name="changed">Each node with its old and its new plan.</param>
    /// <param name="indexOf">The index of a device; of the underlay for null.</param>
    /// <param name="hops">Which routes name a next hop.</param>
    public static OverlayChanges Between(IEnumerable<(string Node, IpFamily Family, PeerPlan Old, PeerPlan New)> changed, Func<string?, int> indexOf, NextHopUse hops)
    {
        var diff = new OverlayDiff(hops);
        foreach (var (node, family, old, now) in changed)
        {
            diff.Plan(node, family, old, now, indexOf);
        }

        return diff.Changes;
    }

    /// <summary>The route as the kernel is told of it.</summary>
    internal static RouteEntry Entry(PodRoute route, int index) => new(route.Destination)
    {
        Gateway = route.Gateway,
        InterfaceIndex = index,
        OnLink = route.Device is not null && route.Gateway is not null,
        Scope = route.Gateway is null ? RouteScope.Universe : null,
    };

    private void Plan(string node, IpFamily family, PeerPlan old, PeerPlan now, Func<string?, int> indexOf)
    {
        if (old.Route is { } oldRoute && old.Route != now.Route && (now.Route?.Destination != oldRoute.Destination || family == IpFamily.V6))
        {
            // IPv4 puts a route in the place of the old one, so traffic meets no gap; IPv6 may keep both.
            var held = hops.Held(oldRoute);
            removedRoutes.Add(Entry(oldRoute, indexOf(oldRoute.Device)) with { NextHopId = held });
            if (held != 0)
            {
                removedNextHops.Add(held);
            }
        }

        if (old.Vtep is { } oldVtep)
        {
            var index = indexOf(oldRouteDevice(old));
            if (now.Vtep?.Mac != oldVtep.Mac)
            {
                removedFdb.Add(new FdbEntry(index, oldVtep.Mac) { Remote = oldVtep.Remote });
            }

            if (now.Vtep?.Vtep != oldVtep.Vtep)
            {
                removedNeighbours.Add(new NeighbourEntry(index, oldVtep.Vtep, oldVtep.Mac));
            }
        }

        if (now.Vtep is { } vtep && old.Vtep != vtep)
        {
            var index = indexOf(now.Route?.Device);
            if (old.Vtep?.Vtep != vtep.Vtep || old.Vtep.Mac != vtep.Mac)
            {
                Of(node, family).Neighbour = new NeighbourEntry(index, vtep.Vtep, vtep.Mac);
            }

            if (old.Vtep?.Mac != vtep.Mac || old.Vtep.Remote != vtep.Remote)
            {
                Of(node, family).Fdb = new FdbEntry(index, vtep.Mac) { Remote = vtep.Remote };
            }
        }

        if (now.Route is { } route && old.Route != route)
        {
            Missing(route, indexOf(route.Device), node);
        }

        static string? oldRouteDevice(PeerPlan plan) => plan.Route?.Device;
    }

    private Draft Of(string node, IpFamily family)
    {
        ref var draft = ref CollectionsMarshal.GetValueRefOrAddDefault(peers, (node, family), out _);
        return draft ??= new Draft();
    }

    private void Addresses(OverlayDevice device, DeviceState state)
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
                removedAddresses.Add(address);
            }
        }

        if (!found)
        {
            addedAddresses.Add(new AddressEntry(state.Link.Index, device.Address) { Flags = AddressFlags.NoDad });
        }
    }

    private void Neighbours(VxlanDevice device, DeviceState state)
    {
        var actual = new Dictionary<IpAddress, NeighbourEntry>(state.Neighbours.Count);
        foreach (var entry in state.Neighbours)
        {
            actual[entry.Address] = entry;
        }

        foreach (var peer in device.Peers)
        {
            if (!actual.Remove(peer.Vtep, out var entry) || entry.Mac != peer.Mac)
            {
                Of(peer.Node, device.Family).Neighbour = new NeighbourEntry(state.Link.Index, peer.Vtep, peer.Mac);
            }
        }

        // What is left nobody wants. Multicast entries of IPv6 are the kernel's.
        removedNeighbours.AddRange(actual.Values.Where(static entry => !entry.Address.IsMulticast));
    }

    private void Fdb(VxlanDevice device, DeviceState state)
    {
        var wanted = new Dictionary<MacAddress, VtepPeer>(device.Peers.Count);
        foreach (var peer in device.Peers)
        {
            wanted[peer.Mac] = peer;
        }

        var right = new HashSet<MacAddress>();
        var wrong = new List<FdbEntry>();
        foreach (var entry in state.Fdb)
        {
            if (wanted.TryGetValue(entry.Mac, out var peer) && entry.Remote == peer.Remote)
            {
                right.Add(entry.Mac);
            }
            else
            {
                wrong.Add(entry);
            }
        }

        // A wrong remote alone is replaced in place; one beside others would get a copy of every frame.
        var times = new Dictionary<MacAddress, int>();
        foreach (var entry in wrong)
        {
            times[entry.Mac] = times.GetValueOrDefault(entry.Mac) + 1;
        }

        removedFdb.AddRange(wrong.FindAll(entry => times[entry.Mac] > 1 || !wanted.ContainsKey(entry.Mac) || right.Contains(entry.Mac)));
        foreach (var peer in device.Peers)
        {
            if (!right.Contains(peer.Mac))
            {
                Of(peer.Node, device.Family).Fdb = new FdbEntry(state.Link.Index, peer.Mac) { Remote = peer.Remote };
            }
        }
    }

    private void Routes(KernelState actual, OverlayState desired, Underlay underlay)
    {
        var left = new HashSet<RouteEntry>(actual.Routes, ReferenceEqualityComparer.Instance);
        var first = new Dictionary<IpPrefix, RouteEntry>(actual.Routes.Count);
        var several = new Dictionary<IpPrefix, List<RouteEntry>>();
        foreach (var entry in actual.Routes)
        {
            if (!first.TryAdd(entry.Destination, entry))
            {
                if (!several.TryGetValue(entry.Destination, out var list))
                {
                    several.Add(entry.Destination, list = [first[entry.Destination]]);
                }

                list.Add(entry);
            }
        }

        foreach (var route in desired.Routes)
        {
            var index = route.Device is null ? underlay.Index : actual.Devices[route.Device].Link.Index;
            if (!first.TryGetValue(route.Destination, out var single))
            {
                Missing(route, index, route.Node);
                continue;
            }

            IReadOnlyList<RouteEntry> there = several.TryGetValue(route.Destination, out var list) ? list : [single];
            if (there.FirstOrDefault(entry => IsRight(entry, route, index)) is { } right)
            {
                left.Remove(right);
                continue;
            }

            Missing(route, index, route.Node);

            // The kernel puts the new one in the place of one with the same metric (IPv4), so traffic meets no gap.
            foreach (var replaced in there.Where(static entry => entry.Metric == 0 && entry.Destination.Address.IsV4))
            {
                left.Remove(replaced);
            }
        }

        removedRoutes.AddRange(left);
        removedRoutes.Sort(static (a, b) => a.Destination.CompareTo(b.Destination));
    }

    private void Missing(PodRoute route, int index, string node)
    {
        var draft = Of(node, route.Destination.Family);
        var entry = Entry(route, index);
        if (hops.Wanted(route) is var id and not 0)
        {
            draft.NextHop = new NextHopEntry(id, index, route.Gateway!.Value) { OnLink = true };
            entry = entry with { NextHopId = id };
        }

        draft.Route = entry;
    }

    /// <summary>Those of nodes that are gone; one that is needed is set with its route.</summary>
    private void NextHops(VxlanDevice device, DeviceState state)
    {
        if (state.NextHops.Count == 0)
        {
            return;
        }

        var wanted = new HashSet<IpAddress>(device.Peers.Count);
        foreach (var peer in device.Peers)
        {
            wanted.Add(peer.Vtep);
        }

        foreach (var hop in state.NextHops)
        {
            if (!wanted.Contains(hop.Gateway))
            {
                removedNextHops.Add(hop.Id);
            }
        }
    }

    private static bool IsRight(RouteEntry entry, PodRoute wanted, int index) =>
        entry.Gateway == wanted.Gateway
        && entry.InterfaceIndex == index
        && !entry.IsMultipath
        && entry.Mtu == 0
        && (wanted.Device is null || wanted.Gateway is null || entry.OnLink);

    /// <summary>A change in the making.</summary>
    private sealed class Draft
    {
        public NeighbourEntry? Neighbour;
        public FdbEntry? Fdb;
        public RouteEntry? Route;
        public NextHopEntry? NextHop;
    }
}
