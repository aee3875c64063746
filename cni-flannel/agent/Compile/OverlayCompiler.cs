using Podwire.CniFlannel.Agent.Config;
using Podwire.CniFlannel.Agent.State;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>
/// From what the nodes say to what the kernel shall hold. Pure and total: a node that cannot be served is refused by name and
/// takes nothing away from the others.
/// </summary>
internal static class OverlayCompiler
{
    /// <summary>Compiles a snapshot.</summary>
    public static OverlayState Compile(FlannelSnapshot snapshot)
    {
        var devices = new List<OverlayDevice>();
        var routes = new List<PodRoute>();
        var refused = new List<RefusedPeer>();
        var backend = snapshot.NetConf.Backend;
        var mtu = backend.Mtu ?? snapshot.Underlay.Mtu;
        var podMtu = mtu;
        foreach (var family in snapshot.NetConf.Families)
        {
            if (backend.Type == BackendType.Alloc)
            {
                continue;
            }

            var peers = Admit(snapshot, family, refused);
            if (backend.Type == BackendType.HostGw)
            {
                HostGw(snapshot, peers, routes, refused);
                continue;
            }

            var deviceMtu = mtu - backend.Overhead(family);
            podMtu = Math.Min(podMtu, deviceMtu);
            devices.Add(backend.Type switch
            {
                BackendType.Ipip => Ipip(snapshot, deviceMtu, peers, routes),
                BackendType.Udp => Udp(snapshot, deviceMtu, peers, routes),
                _ => Vxlan(snapshot, family, deviceMtu, peers, routes, refused),
            });
        }

        routes.Sort(static (a, b) => a.Destination.CompareTo(b.Destination));
        refused.Sort(static (a, b) => string.CompareOrdinal(a.Node, b.Node));
        return new OverlayState { Devices = devices, Routes = routes, Refused = refused, PodMtu = podMtu };
    }

    /// <summary>The name of the vxlan device.</summary>
    public static string DeviceName(IpFamily family, uint vni) => family == IpFamily.V4 ? $"flannel.{vni}" : $"flannel-v6.{vni}";

    /// <summary>
    /// The peers that can be served, sorted by subnet. Of two subnets that overlap the wider one wins, of equal ones the node whose
    /// name comes first: every node decides alike.
    /// </summary>
    private static List<NodeLease> Admit(FlannelSnapshot snapshot, IpFamily family, List<RefusedPeer> refused)
    {
        var admitted = new List<NodeLease>();
        var sorted = new List<NodeLease>(snapshot.Peers[family]);
        sorted.Sort(static (a, b) => a.Subnet.CompareTo(b.Subnet) is var order and not 0 ? order : string.CompareOrdinal(a.Node, b.Node));
        foreach (var peer in sorted)
        {
            // Admitted subnets are disjoint and sorted, so only the last one can hold this one.
            var before = admitted.Count > 0 ? admitted[^1] : null;
            if (Problem(snapshot, family, peer) is { } problem)
            {
                refused.Add(new RefusedPeer(peer.Node, problem));
            }
            else if (before is not null && before.Subnet.Contains(peer.Subnet))
            {
                refused.Add(new RefusedPeer(peer.Node, $"its pod subnet {peer.Subnet} overlaps that of node {before.Node}", Contested: true));
            }
            else
            {
                admitted.Add(peer);
            }
        }

        return admitted;
    }

    /// <summary>Why a peer cannot be served whatever the other peers say; null if it can.</summary>
    private static string? Problem(FlannelSnapshot snapshot, IpFamily family, NodeLease peer)
    {
        var backend = snapshot.NetConf.Backend;
        var own = snapshot.Subnets[family];
        return !backend.Understands(peer.BackendType) ? $"its back end is {peer.BackendType}, ours is {backend.Name}"
            : !snapshot.NetConf.Network(family).Contains(peer.Subnet) ? $"its pod subnet {peer.Subnet} lies outside {snapshot.NetConf.Network(family)}"
            : own.Overlaps(peer.Subnet) ? $"its pod subnet {peer.Subnet} overlaps ours, {own}"
            : peer.PublicIp == snapshot.Underlay.Address(family) ? $"its public address {peer.PublicIp} is this node's"
            : peer.Subnet.Contains(peer.PublicIp) ? $"its public address {peer.PublicIp} lies in its own pod subnet {peer.Subnet}"
            : snapshot.Underlay.Address(family) is { } local && peer.Subnet.Contains(local) ? $"its pod subnet {peer.Subnet} holds this node's own address {local}"
            : null;
    }

    private static void HostGw(FlannelSnapshot snapshot, List<NodeLease> peers, List<PodRoute> routes, List<RefusedPeer> refused)
    {
        foreach (var peer in peers)
        {
            if (snapshot.Underlay.Reaches(peer.PublicIp))
            {
                routes.Add(new PodRoute(peer.Node, peer.Subnet, peer.PublicIp, null));
            }
            else
            {
                refused.Add(new RefusedPeer(peer.Node, $"{peer.PublicIp} is not on the link of {snapshot.Underlay.Name}, which host-gw needs"));
            }
        }
    }

    private static IpipDevice Ipip(FlannelSnapshot snapshot, int mtu, List<NodeLease> peers, List<PodRoute> routes)
    {
        foreach (var peer in peers)
        {
            var direct = snapshot.NetConf.Backend.DirectRouting && snapshot.Underlay.Reaches(peer.PublicIp);
            routes.Add(new PodRoute(peer.Node, peer.Subnet, peer.PublicIp, direct ? null : IpipDevice.DeviceName));
        }

        return new IpipDevice
        {
            Local = snapshot.Underlay.Address(IpFamily.V4)!.Value,
            Mtu = mtu,
            Address = IpPrefix.Host(snapshot.Subnets[IpFamily.V4].First),
        };
    }

    /// <summary>One route takes the whole network to the device; the forwarder finds the node.</summary>
    private static TunDevice Udp(FlannelSnapshot snapshot, int mtu, List<NodeLease> peers, List<PodRoute> routes)
    {
        routes.Add(new PodRoute(snapshot.Node, snapshot.NetConf.Network(IpFamily.V4), null, TunDevice.DeviceName));
        return new TunDevice
        {
            Local = snapshot.Underlay.Address(IpFamily.V4)!.Value,
            Port = snapshot.NetConf.Backend.Port,
            Mtu = mtu,
            Address = IpPrefix.Host(snapshot.Subnets[IpFamily.V4].First),
            Peers = [.. peers.Select(static peer => new TunPeer(peer.Node, peer.Subnet, peer.PublicIp))],
        };
    }

    private static VxlanDevice Vxlan(FlannelSnapshot snapshot, IpFamily family, int mtu, List<NodeLease> peers, List<PodRoute> routes, List<RefusedPeer> refused)
    {
        var backend = snapshot.NetConf.Backend;
        var subnet = snapshot.Subnets[family];
        var mac = snapshot.VtepMacs[family];
        var name = DeviceName(family, backend.Vni);
        var vteps = new List<VtepPeer>(peers.Count);
        var owners = new Dictionary<MacAddress, string>(peers.Count + 1) { [mac] = snapshot.Node };
        foreach (var peer in peers)
        {
            if (backend.DirectRouting && snapshot.Underlay.Reaches(peer.PublicIp))
            {
                routes.Add(new PodRoute(peer.Node, peer.Subnet, peer.PublicIp, null));
                continue;
            }

            // Two nodes behind one Ethernet address would take each other's packets: the FDB knows one remote for it.
            if (!owners.TryAdd(peer.Vxlan!.VtepMac, peer.Node))
            {
                refused.Add(new RefusedPeer(peer.Node, $"its VTEP MAC {peer.Vxlan.VtepMac} is that of node {owners[peer.Vxlan.VtepMac]}", Contested: true));
                continue;
            }

            // The peers are sorted by subnet, so these are by address.
            vteps.Add(new VtepPeer(peer.Node, peer.Subnet.First, peer.Vxlan.VtepMac, peer.PublicIp));
            routes.Add(new PodRoute(peer.Node, peer.Subnet, peer.Subnet.First, name));
        }

        return new VxlanDevice(name, family)
        {
            Vni = backend.Vni,
            Port = backend.Port,
            Local = snapshot.Underlay.Address(family)!.Value,
            ParentIndex = snapshot.Underlay.Index,
            Learning = backend.Learning,
            Gbp = backend.Gbp,
            Mtu = mtu,
            Mac = mac,
            Address = IpPrefix.Host(subnet.First),
            Peers = vteps,
        };
    }
}
