using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

public class LinkTests
{
    [Fact]
    public void Veth_PeerInOtherNamespace_IsMadeUpAndEnslavedInOneMessage()
    {
        using var node = new Scratch();
        using var pod = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new BridgeSpec("br0") { Up = true });
        var bridge = route.GetLink("br0")!;
        route.AddLink(new VethSpec("veth0", "eth0")
        {
            Index = 70,
            Up = true,
            Mtu = 1400,
            MasterIndex = bridge.Index,
            PeerNamespace = pod.Namespace,
            PeerMac = MacAddress.Parse("0a:58:0a:f4:00:02"),
            PeerIndex = 7,
        });

        using (var inside = RouteSocket.Open(pod.Namespace))
        {
            inside.SetLink(7, new LinkChange { Up = true });
        }

        var host = node.IpJson("link show veth0")[0]!;
        Assert.Equal("br0", (string?)host["master"]);
        Assert.Equal(1400, (int)host["mtu"]!);
        Assert.Equal("UP", (string?)host["operstate"]);
        var peer = pod.IpJson("link show eth0")[0]!;
        Assert.Equal("0a:58:0a:f4:00:02", (string?)peer["address"]);
        Assert.Equal(1400, (int)peer["mtu"]!);
        Assert.Equal(7, (int)peer["ifindex"]!);
        Assert.Equal("UP", (string?)peer["operstate"]);

        var link = route.GetLink("veth0")!;
        Assert.Equal("veth", link.Kind);
        Assert.Equal(bridge.Index, link.MasterIndex);
        Assert.Equal(7, link.ParentIndex);
        Assert.NotNull(link.ParentNamespaceId);
        Assert.True(link.IsUp);
        Assert.True(link.HasCarrier);
        Assert.Equal(OperState.Up, link.State);
        Assert.NotNull(link.Port);
    }

    [Fact]
    public void AddLink_NameTaken_NamesTheLinkAndMakesNothing()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new BridgeSpec("taken"));
        var error = Assert.Throws<NetlinkException>(() => route.AddLink(new VethSpec("veth0", "taken")));
        Assert.Equal(Errno.EEXIST, error.Errno);
        Assert.Contains("veth veth0", error.Message, StringComparison.Ordinal);
        Assert.Null(route.GetLink("veth0"));
    }

    [Fact]
    public void Bridge_Attributes_AreAsIpShowsThem()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        var attributes = new BridgeAttributes { ForwardDelay = 400, AgeingTime = 6000, StpState = 0, MulticastSnooping = false, NfCallIptables = true };
        route.AddLink(new BridgeSpec("cni0") { Attributes = attributes, Mac = MacAddress.Parse("0a:58:0a:f4:00:01"), Mtu = 1450 });
        var data = node.IpJson("link show cni0")[0]!["linkinfo"]!["info_data"]!;
        Assert.Equal(400, (int)data["forward_delay"]!);
        Assert.Equal(6000, (int)data["ageing_time"]!);
        Assert.Equal(0, (int)data["mcast_snooping"]!);
        Assert.Equal(1, (int)data["nf_call_iptables"]!);
        var link = route.GetLink("cni0")!;
        Assert.Equal(400u, link.Bridge!.ForwardDelay);
        Assert.False(link.Bridge.MulticastSnooping);
        Assert.True(link.Bridge.NfCallIptables);
        Assert.Equal(1450, link.Mtu);

        route.SetLink(link.Index, new LinkChange { Bridge = new BridgeAttributes { AgeingTime = 3000 } });
        Assert.Equal(3000u, route.GetLink("cni0")!.Bridge!.AgeingTime);
        Assert.Equal(400u, route.GetLink("cni0")!.Bridge!.ForwardDelay);
    }

    [Fact]
    public void Vxlan_Attributes_AreAsIpShowsThem()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("under", "peer") { Up = true });
        var under = route.GetLink("under")!;
        route.AddLink(new VxlanSpec("flannel.1", new VxlanAttributes
        {
            Vni = 1,
            Port = 8472,
            Local = IpAddress.Parse("10.89.0.11"),
            ParentIndex = under.Index,
            Learning = false,
            Gbp = true,
        })
        { Mac = MacAddress.Parse("ee:00:00:00:00:01"), Mtu = 1450, Up = true });
        var shown = node.IpJson("link show flannel.1")[0]!;
        var data = shown["linkinfo"]!["info_data"]!;
        Assert.Equal("vxlan", (string?)shown["linkinfo"]!["info_kind"]);
        Assert.Equal(1, (int)data["id"]!);
        Assert.Equal("under", (string?)data["link"]);
        Assert.Equal("10.89.0.11", (string?)data["local"]);
        Assert.Equal(8472, (int)data["port"]!);
        Assert.False((bool)data["learning"]!);
        Assert.True((bool)data["gbp"]!);
        Assert.Equal("ee:00:00:00:00:01", (string?)shown["address"]);

        var link = route.GetLink("flannel.1")!;
        Assert.Equal(1u, link.Vxlan!.Vni);
        Assert.Equal((ushort)8472, link.Vxlan.Port);
        Assert.Equal(IpAddress.Parse("10.89.0.11"), link.Vxlan.Local);
        Assert.Equal(under.Index, link.Vxlan.ParentIndex);
        Assert.False(link.Vxlan.Learning);
        Assert.True(link.Vxlan.Gbp);
    }

    [Fact]
    public void SetLink_ByNameInBatch_ChangesAliasAndPortOfTheLinkJustMade()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new BridgeSpec("br0") { Up = true });
        var batch = new RouteBatch();
        batch.AddLink(new VethSpec("veth0", "peer0") { Up = true, MasterIndex = route.GetLink("br0")!.Index });
        batch.SetLink("veth0", new LinkChange { Alias = "owner of this", Port = new BridgePort { Hairpin = true, Isolated = true, Learning = false } });
        route.Execute(batch);

        var shown = node.IpJson("link show veth0")[0]!;
        Assert.Equal("owner of this", (string?)shown["ifalias"]);
        var port = shown["linkinfo"]!["info_slave_data"]!;
        Assert.True((bool)port["hairpin"]!);
        Assert.True((bool)port["isolated"]!);
        Assert.False((bool)port["learning"]!);
        var link = route.GetLink("veth0")!;
        Assert.Equal("owner of this", link.Alias);
        Assert.True(link.Port!.Hairpin);
        Assert.True(link.Port.Isolated);
        Assert.False(link.Port.Learning);
    }

    [Fact]
    public void SetLink_EachProperty_IsAsIpShowsIt()
    {
        using var node = new Scratch();
        using var pod = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "peer0"));
        var index = route.GetLink("veth0")!.Index;
        route.SetLink(index, new LinkChange { Name = "renamed", Mtu = 1300, Mac = MacAddress.Parse("0a:00:00:00:00:09"), Up = true, Promiscuous = true, TxQueueLength = 77 });
        var shown = node.IpJson("link show renamed")[0]!;
        Assert.Equal(1300, (int)shown["mtu"]!);
        Assert.Equal("0a:00:00:00:00:09", (string?)shown["address"]);
        Assert.Equal(1, (int)shown["promiscuity"]!);
        Assert.Equal(77, (int)shown["txqlen"]!);
        Assert.Contains("UP", shown["flags"]!.AsArray().Select(flag => (string?)flag));

        route.SetLink("renamed", new LinkChange { Up = false, Promiscuous = false });
        var link = route.GetLink(index)!;
        Assert.False(link.IsUp);
        Assert.Equal(0, link.Promiscuity);
        route.SetLink("peer0", new LinkChange { Namespace = pod.Namespace });
        Assert.Null(route.GetLink("peer0"));
        Assert.Single(pod.IpJson("link show peer0"));
    }

    [Fact]
    public void DeleteLink_OneThatIsGone_IsFalse()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "peer0"));
        Assert.True(route.DeleteLink("veth0"));
        Assert.False(route.DeleteLink("veth0"));
        Assert.Null(route.GetLink("peer0"));
        Assert.Equal(["lo"], route.ListLinks().Select(link => link.Name));
        Assert.False(route.DeleteLink(4711));
        Assert.Null(route.GetLink(4711));
    }
}
