using System.Net;
using System.Net.Sockets;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Netlink.Tests;

/// <summary>Queueing disciplines and filters: recorded answers, and the kernel beside tc(8).</summary>
public class TrafficControlTests
{
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(25);

    [Fact]
    public void Decode_CapturedQdiscs_AreAsTcShowedThem()
    {
        var qdiscs = new List<QdiscEntry>();
        var reader = new NetlinkMessageReader(Capture.Load("qdiscs.reply"));
        while (reader.Read(out var message))
        {
            if (QdiscEntry.TryDecode(message, out var qdisc))
            {
                qdiscs.Add(qdisc with { Counters = default });
            }
        }

        var bucket = qdiscs.Single(q => q.Kind == "tbf");
        Assert.Equal(TrafficHandle.Root, bucket.Parent);
        Assert.Equal("1:0", bucket.Handle.ToString());
        Assert.Equal(1_250_000UL, bucket.Bucket!.Rate);
        var ingress = qdiscs.Single(q => q.Kind == "ingress");
        Assert.Equal(QdiscEntry.Ingress(ingress.InterfaceIndex), ingress);
    }

    [Fact]
    public void Decode_CapturedFilters_GivesTheRedirectOnly()
    {
        var filters = new List<RedirectFilter>();
        var reader = new NetlinkMessageReader(Capture.Load("redirects.reply"));
        while (reader.Read(out var message))
        {
            if (RedirectFilter.TryDecode(message, out var filter))
            {
                filters.Add(filter);
            }
        }

        Assert.Equal([new RedirectFilter(3, 4)], filters);
    }

    [Theory]
    [InlineData(125_000UL, 2_000U)]
    [InlineData(1_250_000UL, 200_000U)]
    [InlineData(5_000_000_000UL, 4_000_000U)]
    public void TokenBucket_AddListDelete_AgreesWithTc(ulong rate, uint burst)
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true });
        var index = route.GetLink("veth0")!.Index;
        var qdisc = QdiscEntry.TokenBucket(index, TokenBucket.Of(rate, burst, Latency));
        route.AddQdisc(qdisc);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => route.AddQdisc(qdisc)).Errno);

        var shown = node.TcJson("qdisc show dev veth0").Single()!;
        Assert.Equal("tbf", (string?)shown["kind"]);
        Assert.Equal("1:", (string?)shown["handle"]);
        Assert.True((bool)shown["root"]!);
        Assert.Equal(rate, (ulong)shown["options"]!["rate"]!);
        Assert.Equal(qdisc, route.ListQdiscs(index).Single() with { Counters = default });

        route.EnsureQdisc(qdisc with { Bucket = TokenBucket.Of(rate * 2, burst, Latency) });
        Assert.Equal(rate * 2, (ulong)node.TcJson("qdisc show dev veth0").Single()!["options"]!["rate"]!);
        Assert.True(route.DeleteQdisc(qdisc));
        Assert.False(route.DeleteQdisc(qdisc));
        Assert.DoesNotContain(route.ListQdiscs(index), q => q.Kind == "tbf");
    }

    [Fact]
    public void TokenBucket_LongBurst_IsCutToWhatTheKernelCanBeTold() =>
        Assert.Equal(uint.MaxValue, TokenBucket.Of(125, uint.MaxValue, Latency).Buffer);

    [Fact]
    public void Redirect_AddList_AgreesWithTcAndCarriesPackets()
    {
        using var node = new Scratch();
        using var pod = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "eth0") { Up = true, PeerNamespace = pod.Namespace });
        route.AddLink(new IfbSpec("ifb-test") { Up = true, Mtu = 1400 });
        var veth = route.GetLink("veth0")!;
        var ifb = route.GetLink("ifb-test")!;
        Assert.Equal("ifb", ifb.Kind);
        var filter = new RedirectFilter(veth.Index, ifb.Index);
        Assert.Throws<NetlinkException>(() => route.AddRedirect(filter));
        route.AddQdisc(QdiscEntry.Ingress(veth.Index));
        route.AddRedirect(filter);
        route.AddQdisc(QdiscEntry.TokenBucket(ifb.Index, TokenBucket.Of(1_250_000, 200_000, Latency)));

        var shown = node.TcJson("filter show dev veth0 parent ffff:").Single(f => f!["options"]?["actions"] is not null)!;
        Assert.Equal("all", (string?)shown["protocol"]);
        var action = shown["options"]!["actions"]![0]!;
        Assert.Equal("mirred", (string?)action["kind"]);
        Assert.Equal("redirect", (string?)action["mirred_action"]);
        Assert.Equal("egress", (string?)action["direction"]);
        Assert.Equal("ifb-test", (string?)action["to_dev"]);
        Assert.Equal(filter, route.ListRedirects(veth.Index, TrafficHandle.Ingress).Single());

        route.AddAddress(new AddressEntry(veth.Index, IpPrefix.Parse("10.1.0.1/24")));
        pod.Ip("address add 10.1.0.2/24 dev eth0");
        pod.Ip("link set eth0 up");
        using var receiver = node.Namespace.Run(static () => new UdpClient(new IPEndPoint(IPAddress.Parse("10.1.0.1"), 9000)));
        receiver.Client.ReceiveTimeout = 10_000;
        using var sender = pod.Namespace.Run(static () => new UdpClient("10.1.0.1", 9000));
        var from = new IPEndPoint(IPAddress.Any, 0);
        for (var i = 0; i < 3; i++)
        {
            sender.Send(new byte[100]);
            Assert.Equal(100, receiver.Receive(ref from).Length);
        }

        var counters = route.ListQdiscs(ifb.Index).Single(q => q.Kind == "tbf").Counters;
        Assert.True(counters.Packets >= 3, $"{counters}");
        Assert.True(counters.Bytes >= 3 * 142, $"{counters}");
    }

    [Fact]
    public void AddQdisc_UnknownKind_IsEnoent()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true });
        var error = Assert.Throws<NetlinkException>(() => route.AddQdisc(new QdiscEntry(route.GetLink("veth0")!.Index, "nosuch")));
        Assert.Equal(Errno.ENOENT, error.Errno);
    }

    [Theory]
    [InlineData(MacvlanMode.Bridge, "bridge")]
    [InlineData(MacvlanMode.Private, "private")]
    [InlineData(MacvlanMode.Vepa, "vepa")]
    [InlineData(MacvlanMode.Passthru, "passthru")]
    public void Macvlan_InOtherNamespace_IsAsIpShowsIt(MacvlanMode mode, string name)
    {
        using var node = new Scratch();
        using var pod = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true });
        var below = route.GetLink("veth0")!;
        route.AddLink(new MacvlanSpec("eth0", below.Index) { Mode = mode, Mtu = 1400, Namespace = pod.Namespace });
        var shown = pod.IpJson("link show eth0")[0]!["linkinfo"]!;
        Assert.Equal("macvlan", (string?)shown["info_kind"]);
        Assert.Equal(name, (string?)shown["info_data"]!["mode"]);
        using var inside = RouteSocket.Open(pod.Namespace);
        var link = inside.GetLink("eth0")!;
        Assert.Equal(mode, link.Macvlan);
        Assert.Equal(below.Index, link.ParentIndex);
        Assert.Equal(1400, link.Mtu);
    }

    [UmlFact]
    public void PortVlan_AddListDelete_AgreesWithBridge()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        Assert.True(HasVlanFiltering(route));
        var bridge = route.GetLink("br0")!;
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true, MasterIndex = bridge.Index });
        var port = route.GetLink("veth0")!.Index;
        Assert.Equal([new BridgeVlan(1, 1) { Pvid = true, Untagged = true }], route.ListPortVlans(port));
        route.AddPortVlan(port, new BridgeVlan(100, 100) { Pvid = true, Untagged = true });
        route.AddPortVlan(port, new BridgeVlan(200, 202));
        route.DeletePortVlan(port, new BridgeVlan(1, 1));
        Assert.Equal(
            [new BridgeVlan(100, 100) { Pvid = true, Untagged = true }, new(200, 200), new(201, 201), new(202, 202)],
            route.ListPortVlans(port));
        Assert.Equal(2, node.BridgeJson("vlan show dev veth0").Single()!["vlans"]!.AsArray().Count);
    }

    [Fact]
    public void PortVlan_KernelWithoutFiltering_RefusesByErrno()
    {
        using var node = new Scratch();
        using var route = RouteSocket.Open(node.Namespace);
        Assert.SkipWhen(HasVlanFiltering(route), "this kernel has CONFIG_BRIDGE_VLAN_FILTERING");
        route.AddLink(new BridgeSpec("br0") { Up = true });
        route.AddLink(new VethSpec("veth0", "peer0") { Up = true, MasterIndex = route.GetLink("br0")!.Index });
        Assert.Equal(Errno.EOPNOTSUPP, Assert.Throws<NetlinkException>(() => route.AddPortVlan(route.GetLink("veth0")!.Index, new BridgeVlan(5, 5))).Errno);
        Assert.Empty(route.ListPortVlans(route.GetLink("veth0")!.Index));
    }

    [Fact]
    public void ScratchNamespace_IsEmptyAndGoneAfterwards()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        var links = Namespaces.ScratchNamespace.Run(() =>
        {
            using var route = RouteSocket.Open();
            route.AddLink(new BridgeSpec("podwire-scratch"));
            return route.ListLinks().Select(l => l.Name).ToArray();
        });
        Assert.Equal(["lo", "podwire-scratch"], links);
        using var own = RouteSocket.Open();
        Assert.Null(own.GetLink("podwire-scratch"));
    }

    private static bool HasVlanFiltering(RouteSocket route)
    {
        try
        {
            route.AddLink(new BridgeSpec("br0") { Up = true, Attributes = new BridgeAttributes { VlanFiltering = true } });
            return true;
        }
        catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            return false;
        }
    }
}
