using Podwire.BgpDaemon.Config;
using Podwire.CniCalico.Agent.Compile;
using Podwire.CniCalico.Agent.State;
using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Compile;

/// <summary>What Calico's BGP objects become. Every configuration is read by the speaker's own reader: what it refuses fails here.</summary>
public class SpeakerCompilerTests
{
    private static readonly Dictionary<string, string> NoLabels = [];

    [Fact]
    public void Mesh_IsOfNodesThatAreNoReflectors()
    {
        var config = Read(Snapshot() with { Others = [Node(2), Node(3) with { ClusterId = IpAddress.Parse("10.0.0.1") }, Node(4) with { Asn = 64999 }, Node(5) with { V4 = default }] }, out var plan);
        Assert.Equal([("10.89.0.2", 64512u, "node2"), ("10.89.0.4", 64999u, "node4")], config.Neighbors.Select(static neighbor => (neighbor.Session.Address.ToString(), neighbor.Session.Asn, neighbor.Description)));
        Assert.Equal((3, "10.89.0.1"), (plan.MeshSize, config.Speaker.RouterId.ToString()));
        Assert.All(config.Neighbors, static neighbor => Assert.Equal(("10.89.0.1", true, false), (neighbor.Source.ToString(), neighbor.Session.V4, neighbor.Session.V6)));
        Assert.Same(config.Neighbors[0].Session.Export, config.Neighbors[1].Session.Export);
        Assert.Equal(["10.244.7.0/26", "10.244.9.9/32"], config.Networks.Select(static prefix => prefix.ToString()));
    }

    [Fact]
    public void Sessions_WithNodes_GoToThePortsWhereTheseListen()
    {
        var others = new[] { Node(2), Node(3) with { Port = 1790 }, Reflector(4) with { Port = 1791 } };
        var peers = new[] { Peer("a", new BgpPeerSpec { PeerSelector = "has(rr)" }), Peer("b", new BgpPeerSpec { PeerIP = "10.89.0.9", AsNumber = 65001 }) };
        var config = Read(Snapshot() with { Bgp = new BgpConfigurationSpec { ListenPort = 1795, BindMode = "NodeIP" }, Others = others, Peers = peers }, out _);
        Assert.Equal([("10.89.0.2", 179), ("10.89.0.3", 1790), ("10.89.0.4", 1791), ("10.89.0.9", 179)], config.Neighbors.Select(static neighbor => (neighbor.Session.Address.ToString(), neighbor.Port)));
        Assert.Equal(["10.89.0.1:1795"], config.Listen.Select(static end => $"{end.Address}:{end.Port}"));

        // A peer that is named by its address, and is a node all the same.
        peers[1].Spec.PeerIP = "10.89.0.3";
        Assert.Contains(Read(Snapshot() with { Bgp = new BgpConfigurationSpec { NodeToNodeMeshEnabled = false }, Others = others, Peers = peers }, out _).Neighbors, static neighbor => neighbor.Port == 1790);
    }

    [Fact]
    public void DualStack_HasASessionPerFamily()
    {
        var config = Read(Snapshot() with { Self = Node(1) with { V6 = IpPrefix.Parse("fd00::1/64") }, Others = [Node(2) with { V6 = IpPrefix.Parse("fd00::2/64") }] }, out _);
        Assert.Equal([("10.89.0.2", true, false), ("fd00::2", false, true)], config.Neighbors.Select(static neighbor => (neighbor.Session.Address.ToString(), neighbor.Session.V4, neighbor.Session.V6)));

        // A mesh is as large as it has nodes, not sessions.
        Assert.Equal(2, SpeakerCompiler.Compile(Snapshot() with { Self = Node(1) with { V6 = IpPrefix.Parse("fd00::1/64") }, Others = [Node(2) with { V6 = IpPrefix.Parse("fd00::2/64") }] })!.MeshSize);
        Assert.Equal(100, SpeakerCompiler.Compile(Snapshot() with { Others = [.. Enumerable.Range(2, 99).Select(Node)] })!.MeshSize);
        Assert.Equal(0, SpeakerCompiler.Compile(Snapshot() with { Bgp = new BgpConfigurationSpec { NodeToNodeMeshEnabled = false }, Others = [Node(2)] })!.MeshSize);
    }

    [Fact]
    public void Reflector_HasClients_ButNotItsTwin_AndNodesPeerWithBoth()
    {
        var bgp = new BgpConfigurationSpec { NodeToNodeMeshEnabled = false };
        var peer = Peer("rr", new BgpPeerSpec { NodeSelector = "all()", PeerSelector = "has(rr)" });
        var reflectors = new[] { Reflector(2), Reflector(3) };
        var node = Read(Snapshot() with { Bgp = bgp, Peers = [peer], Others = [.. reflectors, Node(4)] }, out _);
        Assert.Equal([("10.89.0.2", false), ("10.89.0.3", false)], node.Neighbors.Select(static neighbor => (neighbor.Session.Address.ToString(), neighbor.Session.IsClient)));
        var reflector = Read(Snapshot() with { Self = Reflector(2), Bgp = bgp, Peers = [peer], Others = [Node(1), Reflector(3), Node(4)] }, out _);
        Assert.Equal([("10.89.0.1", true), ("10.89.0.3", false), ("10.89.0.4", true)], reflector.Neighbors.Select(static neighbor => (neighbor.Session.Address.ToString(), neighbor.Session.IsClient)));
        Assert.Equal("10.255.0.1", reflector.Speaker.ClusterId.ToString());

        // Only the rack's nodes have it, and the reflector has it back unless it is told not to.
        var rack = Peer("rr", new BgpPeerSpec { NodeSelector = "rack == '1'", PeerSelector = "has(rr)" });
        var labelled = Node(1) with { Labels = new Dictionary<string, string> { ["rack"] = "1" } };
        Assert.Equal(["10.89.0.1"], Addresses(Read(Snapshot() with { Self = Reflector(2), Bgp = bgp, Peers = [rack], Others = [labelled, Node(4)] }, out _)));
        rack.Spec.ReversePeering = "Manual";
        Assert.Empty(Addresses(Read(Snapshot() with { Self = Reflector(2), Bgp = bgp, Peers = [rack], Others = [labelled, Node(4)] }, out _)));
    }

    [Fact]
    public void ExternalPeer_CarriesAllItsFields()
    {
        var peer = Peer("tor", new BgpPeerSpec
        {
            PeerIP = "[fd00::ff]:1179", AsNumber = 65001, LocalASNumber = 65100, KeepaliveTime = "10s", MaxRestartTime = "2m", NumAllowedLocalASNumbers = 2, TtlSecurity = 3, NextHopMode = "Self", ReachableBy = "fd00::9",
            Password = new BgpPassword { SecretKeyRef = new BgpSecretKey { Name = "s", Key = "k" } },
        });
        var snapshot = Snapshot() with { Self = Node(1) with { V6 = IpPrefix.Parse("fd00::1/64") }, Peers = [peer], Secrets = new Dictionary<string, string> { ["s/k"] = "pw" } };
        var neighbor = Assert.Single(Read(snapshot, out var ways).Neighbors);
        Assert.Equal((1179, "fd00::1", "pw", 3), (neighbor.Port, neighbor.Source.ToString(), neighbor.Password, neighbor.Hops));
        Assert.Equal((65001u, 65100u, 10, 120, 2, Bgp.Policy.NextHopMode.Self), (neighbor.Session.Asn, neighbor.Session.LocalAsn, neighbor.Session.KeepaliveSeconds, neighbor.Session.RestartSeconds, neighbor.Session.AllowOwnAs, neighbor.Session.NextHop));
        Assert.Equal(new PlannedRoute(IpPrefix.Parse("fd00::ff/128"), RouteWay.Direct, IpAddress.Parse("fd00::9")), Assert.Single(ways.Ways));
        Assert.Empty(Read(snapshot with { Secrets = NoLabels }, out var plan).Neighbors);
        Assert.Contains("Secret s in kube-system has no key k", Assert.Single(plan.Problems).Text);
        peer.Spec.Node = "node2";
        Assert.Empty(Read(snapshot, out _).Neighbors);
    }

    [Theory]
    [InlineData("x", 1u, null, "spec.peerIP")]
    [InlineData("10.0.0.1:x", 1u, null, "spec.peerIP")]
    [InlineData("10.0.0.1", null, null, "spec.asNumber")]
    [InlineData("10.0.0.1", 1u, "all(", "selector")]
    public void Nonsense_IsNamed_AndTheRestGoesOn(string ip, uint? asn, string? selector, string expected)
    {
        var config = Read(Snapshot() with { Others = [Node(2)], Peers = [Peer("p", new BgpPeerSpec { PeerIP = ip, AsNumber = asn, NodeSelector = selector })] }, out var plan);
        Assert.Contains(expected, Assert.Single(plan.Problems).Text);
        Assert.Single(config.Neighbors);
    }

    [Fact]
    public void Export_IsOwnAndPools_WithoutTheSecretOnes_AndWithCommunities()
    {
        var bgp = new BgpConfigurationSpec
        {
            Communities = [new BgpCommunity { Name = "blue", Value = "64512:7" }],
            PrefixAdvertisements =
            [
                new BgpAdvertisement { Cidr = "10.244.0.0/16", Communities = ["blue"] },
                new BgpAdvertisement { Cidr = "10.244.7.0/26", Communities = ["64512:8"] },
                new BgpAdvertisement { Cidr = "10.244.0.0/16", Communities = ["red"] },
            ],
        };
        var json = Plan(Snapshot() with { Bgp = bgp, Others = [Node(2)], Pools = PoolTable.Read([Pool("a", "10.244.0.0/16"), Pool("b", "10.9.0.0/16", static spec => spec.DisableBGPExport = true)]) }, out var problems);
        Assert.Contains("""{"action":"reject","within":["10.9.0.0/16"]},{"action":"accept","own":true,"within":["10.244.7.0/26"],"addCommunities":["64512:7","64512:8"]},{"action":"accept","within":["10.244.7.0/26"],"addCommunities":["64512:7","64512:8"]},{"action":"accept","own":true,"within":["10.244.0.0/16"],"addCommunities":["64512:7"]}""", json);
        Assert.EndsWith("""{"action":"accept","own":true},{"action":"accept","within":["10.244.0.0/16"]}],"otherwise":"reject"}}}""", json);
        Assert.Contains("'red' is no community", Assert.Single(problems).Text);
    }

    [Fact]
    public void Filters_BecomeRules_AndWhatIsNotServedIsNamed()
    {
        var filter = new BgpFilter { Metadata = { Name = "f" } };
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", Cidr = "10.1.0.0/16", MatchOperator = "Equal" });
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Accept", Cidr = "10.2.0.0/16", MatchOperator = "NotEqual", PeerType = "eBGP", Operations = [new BgpFilterOperation { AddCommunity = new BgpAddCommunity { Value = "1:2" } }, new BgpFilterOperation { PrependASPath = new BgpPrependPath { Prefix = [7, 8] } }] });
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", PeerType = "iBGP" });
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", Interface = "cali12345678901" });
        filter.Spec.ImportV4.Add(new BgpFilterRule { Action = "Reject", Cidr = "0.0.0.0/0", MatchOperator = "In", PrefixLength = new BgpPrefixLength { Min = 27 }, Source = "RemotePeers", Communities = new BgpFilterCommunities { Values = ["3:4"] }, AsPathPrefix = [9] });
        var peer = Peer("tor", new BgpPeerSpec { PeerIP = "10.89.0.99", AsNumber = 65001, Filters = ["f", "g"] });
        var json = Plan(Snapshot() with { Peers = [peer], Filters = new Dictionary<string, BgpFilter> { ["f"] = filter } }, out var problems);
        Assert.Contains("""{"rules":[{"action":"reject","minLength":16,"maxLength":16,"within":["10.1.0.0/16"]},{"action":"accept","addCommunities":["1:2"],"prepend":[7,8],"within":["10.2.0.0/16"],"minLength":17},{"action":"accept","addCommunities":["1:2"],"prepend":[7,8],"notWithin":["10.2.0.0/16"]},{"action":"accept","own":true}""", json);
        Assert.Contains("""{"rules":[{"action":"reject","minLength":27,"own":false,"communities":["3:4"],"asPathPrefix":[9],"within":["0.0.0.0/0"]}],"otherwise":"accept"}""", json);
        Assert.Equal(["rule 4: interface: 'cali12345678901': pods' links are told from others (cali*), but not one from another; it is left out", "spec.filters: there is no BGPFilter g"], problems.Select(static problem => problem.Text).Order());
    }

    [Theory]
    [InlineData("*.calico", "")]
    [InlineData("eth?", """{"action":"reject","own":false,"within":["10.0.0.0/8"]},""")]
    [InlineData("cali*", """{"action":"reject","own":true,"within":["10.244.9.9/32"]},""")]
    [InlineData("*", """{"action":"reject","own":false,"within":["10.0.0.0/8"]},{"action":"reject","own":true,"within":["10.244.9.9/32"]},""")]
    public void FilterByInterface_OfWhatIsTold_MeansLearnedRoutesAndPodsInOthersBlocks(string pattern, string rules)
    {
        var filter = new BgpFilter { Metadata = { Name = "f" } };
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", Interface = pattern, Cidr = "10.0.0.0/8", MatchOperator = "In" });
        var peer = Peer("tor", new BgpPeerSpec { PeerIP = "10.89.0.99", AsNumber = 65001, Filters = ["f"] });
        var json = Plan(Snapshot() with { Link = "eth0", Peers = [peer], Filters = new Dictionary<string, BgpFilter> { ["f"] = filter } }, out var problems);
        Assert.Contains($$"""{"rules":[{{rules}}{"action":"accept","own":true}""", json);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("*.calico", "vxlan.calico", true)]
    [InlineData("*.calico", "vxlan.calico2", false)]
    [InlineData("*a*b*", "xaybb", true)]
    [InlineData("*ab", "aab", true)]
    [InlineData("eth?", "eth", false)]
    [InlineData("eth0", "eth0", true)]
    [InlineData("eth", "eth0", false)]
    [InlineData("**", "", true)]
    [InlineData("?", "", false)]
    public void LinkPattern_AndName_Match(string pattern, string name, bool expected) => Assert.Equal(expected, LinkPattern.Matches(pattern, name));

    [Fact]
    public void Filters_LargeCommunitiesAndPriorities_BecomeRules()
    {
        var filter = new BgpFilter { Metadata = { Name = "f" } };
        filter.Spec.ImportV4.Add(new BgpFilterRule { Action = "Accept", Priority = 1024, Interface = "eth0", Operations = [new BgpFilterOperation { SetPriority = new BgpSetPriority { Value = 512 } }, new BgpFilterOperation { AddCommunity = new BgpAddCommunity { Value = "64512:1:4294967295" } }] });
        filter.Spec.ImportV4.Add(new BgpFilterRule { Action = "Reject", Interface = "eth1" });
        filter.Spec.ExportV4.Add(new BgpFilterRule { Action = "Reject", Priority = 512, Communities = new BgpFilterCommunities { Values = ["64512:1:2"] } });
        var peer = Peer("tor", new BgpPeerSpec { PeerIP = "10.89.0.99", AsNumber = 65001, Filters = ["f"] });
        var json = Plan(Snapshot() with { Link = "eth0", Peers = [peer], Filters = new Dictionary<string, BgpFilter> { ["f"] = filter } }, out var problems);
        Assert.Contains("""{"rules":[{"action":"accept","metric":0,"addLargeCommunities":["64512:1:4294967295"],"setMetric":512,"own":false}],"otherwise":"accept"}""", json);
        Assert.Contains("""{"rules":[{"action":"reject","largeCommunities":["64512:1:2"],"metric":512},{"action":"accept","own":true}""", json);
        Assert.Empty(problems);
    }

    [Fact]
    public void Services_RangesFromEveryNode_LocalOnesFromTheirsOnly()
    {
        var bgp = new BgpConfigurationSpec
        {
            ServiceClusterIPs = [new BgpCidr { Cidr = "10.96.0.0/16" }],
            ServiceExternalIPs = [new BgpCidr { Cidr = "192.0.2.0/24" }],
            ServiceLoadBalancerIPs = [new BgpCidr { Cidr = "198.51.100.0/24" }],
            ServiceLoadBalancerAggregation = "Disabled",
        };
        var here = new ServiceRecord { ClusterIPs = [IpAddress.Parse("10.96.0.7")], ExternalIPs = [IpAddress.Parse("192.0.2.7"), IpAddress.Parse("203.0.113.1")], IsLocal = true, HasLocalEndpoint = true };
        var away = new ServiceRecord { ClusterIPs = [IpAddress.Parse("10.96.0.8")], LoadBalancerIPs = [IpAddress.Parse("198.51.100.8")], IsLocal = true };
        var all = new ServiceRecord { ClusterIPs = [IpAddress.Parse("10.96.0.9")], LoadBalancerIPs = [IpAddress.Parse("198.51.100.9")] };
        var snapshot = Snapshot() with { OwnBlocks = [], Borrowed = [], Bgp = bgp, Services = [here, away, all] };
        Assert.Equal(["10.96.0.0/16", "10.96.0.7/32", "192.0.2.0/24", "192.0.2.7/32", "198.51.100.9/32"], Read(snapshot, out var plan).Networks.Select(static prefix => prefix.ToString()));
        Assert.Equal(["10.96.0.0/16", "192.0.2.0/24", "198.51.100.0/24"], plan.KernelExcept.Select(static prefix => prefix.ToString()));

        // A reflector tells its clients' on, where the next hop stays theirs; others tell their own only.
        var told = """{"action":"accept","within":["10.244.0.0/16","10.96.0.0/16","192.0.2.0/24","198.51.100.0/24"]}""";
        foreach (var (spec, expected) in ((BgpPeerSpec, bool)[])[(new() { AsNumber = 65001 }, false), (new() { AsNumber = 65001, KeepOriginalNextHop = true }, true), (new() { AsNumber = 64512 }, true), (new() { AsNumber = 64512, NextHopMode = "Self" }, false)])
        {
            spec.PeerIP = "10.89.0.99";
            Assert.Equal(expected, Plan(snapshot with { Self = Reflector(1), Peers = [Peer("gw", spec)] }, out _).Contains(told, StringComparison.Ordinal));
            Assert.DoesNotContain(told, Plan(snapshot with { Peers = [Peer("gw", spec)] }, out _), StringComparison.Ordinal);
        }

        var excluded = snapshot with { Self = Node(1) with { Labels = new Dictionary<string, string> { ["node.kubernetes.io/exclude-from-external-load-balancers"] = "" } } };
        Assert.Empty(Read(excluded, out _).Networks);
    }

    [Fact]
    public void Routes_OfTunnelledPools_AreTheAgents_AndTheOthersTheSpeakers()
    {
        var pools = PoolTable.Read([Pool("ipip", "10.1.0.0/16", static spec => spec.IpipMode = "CrossSubnet"), Pool("vxlan", "10.2.0.0/16", static spec => spec.VxlanMode = "Always"), Pool("plain", "10.3.0.0/16")]);
        var far = Node(3) with { V4 = IpPrefix.Parse("10.90.0.3/24"), VxlanTunnel = IpAddress.Parse("10.2.9.9"), VxlanMac = MacAddress.Parse("66:00:00:00:00:03") };
        var snapshot = Snapshot() with
        {
            Pools = pools,
            Others = [Node(2), far],
            OwnBlocks = [IpPrefix.Parse("10.1.0.0/26"), IpPrefix.Parse("10.3.0.9/32")],
            Blocks = [Block("10.1.0.0/26", "node1", ("10.1.0.9", "node3")), Block("10.1.1.0/26", "node2"), Block("10.1.2.0/26", "node3"), Block("10.2.1.0/26", "node3"), Block("10.2.2.0/26", "node2"), Block("10.3.1.0/26", "node2"), Block("10.1.3.0/26", "gone")],
        };
        var plan = RouteCompiler.Compile(snapshot);
        Assert.Equal(
            ["10.1.0.0/26 Blackhole <none>", "10.1.0.9/32 Ipip 10.90.0.3", "10.1.1.0/26 Direct 10.89.0.2", "10.1.2.0/26 Ipip 10.90.0.3", "10.2.1.0/26 Vxlan 10.2.9.9"],
            plan.Routes.Select(static route => $"{route.Destination} {route.Way} {(route.Gateway.IsNone ? "<none>" : route.Gateway.ToString())}"));
        Assert.Equal((true, true), (plan.NeedsIpip, plan.NeedsVxlan));
        Assert.Equal(IpAddress.Parse("10.90.0.3"), Assert.Single(plan.Peers).Node);
        Assert.Equal(["10.1.0.0/16", "10.2.0.0/16"], SpeakerCompiler.Compile(snapshot)!.KernelExcept.Select(static prefix => prefix.ToString()));
    }

    private static CalicoSnapshot Snapshot() => new()
    {
        Self = Node(1),
        Pools = PoolTable.Read([Pool("v4", "10.244.0.0/16")]),
        OwnBlocks = [IpPrefix.Parse("10.244.7.0/26")],
        Borrowed = [IpAddress.Parse("10.244.9.9")],
    };

    private static NodeRecord Node(int number) => new() { Name = $"node{number}", V4 = IpPrefix.Parse($"10.89.0.{number}/24") };

    private static NodeRecord Reflector(int number) => Node(number) with { Labels = new Dictionary<string, string> { ["rr"] = "" }, ClusterId = IpAddress.Parse("10.255.0.1") };

    private static BgpPeer Peer(string name, BgpPeerSpec spec) => new() { Metadata = { Name = name }, Spec = spec };

    private static IpPool Pool(string name, string cidr, Action<IpPoolSpec>? more = null)
    {
        var pool = new IpPool { Metadata = { Name = name }, Spec = { Cidr = cidr } };
        more?.Invoke(pool.Spec);
        return pool;
    }

    private static BlockRecord Block(string cidr, string node, params (string Address, string Node)[] elsewhere) =>
        new(IpPrefix.Parse(cidr), node, [.. elsewhere.Select(static pair => KeyValuePair.Create(IpAddress.Parse(pair.Address), pair.Node))]);

    private static IEnumerable<string> Addresses(ReflectorConfig config) => config.Neighbors.Select(static neighbor => neighbor.Session.Address.ToString());

    private static ReflectorConfig Read(CalicoSnapshot snapshot, out SpeakerPlan plan) => new ConfigReader().Parse((plan = SpeakerCompiler.Compile(snapshot)!).Json);

    private static string Plan(CalicoSnapshot snapshot, out IReadOnlyList<Problem> problems)
    {
        Read(snapshot, out var plan);
        problems = plan.Problems;
        return plan.Json;
    }
}
