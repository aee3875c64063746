using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Cluster.Nodes;

/// <summary>The underlay: what a data centre's switch and a node's first network card are elsewhere. Each method runs inside the new namespace.</summary>
internal static class NodeNetwork
{
    private const string Uplink = "eth0";

    /// <summary>The bridge that joins the nodes, with the control plane's address; it forwards nothing at layer 3 but between nodes.</summary>
    public static void ConfigureUnderlay()
    {
        using var route = RouteSocket.Open();
        route.SetLink("lo", new LinkChange { Up = true });
        route.AddLink(new BridgeSpec(Underlay.Bridge) { Up = true });
        var bridge = route.GetLink(Underlay.Bridge)!.Index;
        route.AddAddress(new AddressEntry(bridge, Underlay.ControlAddress));
        Sysctl.Write("net/ipv4/ip_forward", "1");
        // On by default in a new namespace where br_netfilter is built in: the switch would run its frames through the packet filter.
        Sysctl.TryEnsure("net/bridge/bridge-nf-call-iptables", "0");
        Sysctl.TryEnsure("net/bridge/bridge-nf-call-ip6tables", "0");
    }

    /// <summary>The node's card, its address, the default route, and the sysctls of a node that forwards.</summary>
    public static void JoinUnderlay(NetNamespace underlay, string name, IpPrefix address)
    {
        using var here = NetNamespace.OpenSelf();
        using (var there = RouteSocket.Open(underlay))
        {
            // An earlier node of the name may be ending still: its link goes with it, but not at once.
            there.DeleteLink(name);
            var bridge = there.GetLink(Underlay.Bridge)!.Index;
            there.AddLink(new VethSpec(name, Uplink) { MasterIndex = bridge, Up = true, PeerNamespace = here });
        }

        using var route = RouteSocket.Open();
        route.SetLink("lo", new LinkChange { Up = true });
        var uplink = route.GetLink(Uplink)!.Index;
        route.SetLink(uplink, new LinkChange { Up = true });
        route.AddAddress(new AddressEntry(uplink, address));
        route.AddRoute(new RouteEntry(IpPrefix.Default(IpFamily.V4)) { Gateway = Underlay.ControlAddress.Address, InterfaceIndex = uplink });
        Sysctl.Write("net/ipv4/ip_forward", "1");
        Sysctl.Write("net/ipv4/conf/all/rp_filter", "0");
        Sysctl.TryEnsure("net/ipv6/conf/all/forwarding", "1");
    }
}
