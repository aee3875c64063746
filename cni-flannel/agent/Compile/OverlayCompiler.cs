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
        var devices = new List<VxlanDevice>();
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

            var deviceMtu = mtu - (family == IpFamily.V4 ? BackendConf.VxlanOverheadV4 : BackendConf.VxlanOverheadV6);
            podMtu = Math.Min(podMtu, deviceMtu);
            devices.Add(Vxlan(snapshot, family, deviceMtu, peers, routes, refused));
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
        var network = snapshot.NetConf.Network(family);
        var own = snapshot.Subnets[family];
        foreach (var peer in snapshot.Peers[family].OrderBy(static peer => peer.Subnet).ThenBy(static peer => peer.Node, StringComparer.Ordinal))
        {
            // Admitted subnets are disjoint and sorted, so only the last one can hold this one.
            var before = admitted.Count > 0 ? admitted[^1] : null;
            var problem = peer.BackendType != snapshot.NetConf.Backend.Name ? $"its back end is {peer.BackendType}, ours is {snapshot.NetConf.Backend.Name}"
                : !network.Contains(peer.Subnet) ? $"its pod subnet {peer.Subnet} lies outside {network}"
                : own.Overlaps(peer.Subnet) ? $"its pod subnet {peer.Subnet} overlaps ours, {own}"
                : before is not null && before.Subnet.Contains(peer.Subnet) ? $"its pod subnet {peer.Subnet} overlaps that of node {before.Node}"
                : peer.PublicIp == snapshot.Underlay.Address(family) ? $"its public address {peer.PublicIp} is this node's"
                : null;
            if (problem is null)
            {
                admitted.Add(peer);
            }
            else
            {
                refused.Add(new RefusedPeer(peer.Node, problem));
            }
        }

        return admitted;
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

    private static VxlanDevice Vxlan(FlannelSnapshot snapshot, IpFamily family, int mtu, List<NodeLease> peers, List<PodRoute> routes, List<RefusedPeer> refused)
    {
        var backend = snapshot.NetConf.Backend;
        var subnet = snapshot.Subnets[family];
        var mac = snapshot.VtepMacs[family];
        var name = DeviceName(family, backend.Vni);
        var vteps = new SortedDictionary<IpAddress, VtepPeer>();
        var owners = new Dictionary<MacAddress, string> { [mac] = snapshot.Node };
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
                refused.Add(new RefusedPeer(peer.Node, $"its VTEP MAC {peer.Vxlan.VtepMac} is that of node {owners[peer.Vxlan.VtepMac]}"));
                continue;
            }

            vteps.Add(peer.Subnet.First, new VtepPeer(peer.Node, peer.Subnet.First, peer.Vxlan.VtepMac, peer.PublicIp));
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
            Peers = [.. vteps.Values],
        };
    }
}
