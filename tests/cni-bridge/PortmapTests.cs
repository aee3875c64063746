using Podwire.CniBridge.Iptables;
using Podwire.Netlink.Conntrack;
using Podwire.Netlink.Nftables;
using Podwire.Primitives;
using Podwire.Ruleset;
using static Podwire.CniBridge.Tests.PortmapNode;

namespace Podwire.CniBridge.Tests;

/// <summary>Host ports by what clients see of them, with both back ends.</summary>
public class PortmapTests
{
    public static TheoryData<string> Backends => ["", ",\"backend\":\"nftables\"", ",\"backend\":\"iptables\""];

    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData(",\"backend\":\"nftables\"", true)]
    [InlineData(",\"backend\":\"iptables\"", true)]
    [InlineData(",\"backend\":\"iptables\"", false)]
    public void Add_EveryKindOfClient_ReachesTheContainer(string backend, bool filtersBridged)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);

        // Where bridged packets are filtered too, one that is translated on its way through the bridge goes back out of its own port: only
        // hairpin mode lets it.
        node.Host.WriteSysctl("net/bridge/bridge-nf-call-iptables", filtersBridged ? "1" : "0");
        node.Host.WriteSysctl("net/bridge/bridge-nf-call-ip6tables", filtersBridged ? "1" : "0");
        var result = node.Add("c1", node.BridgeConfig($",\"hairpinMode\":{(filtersBridged ? "true" : "false")}")).Succeeds().Stdout;
        node.Attach("c2");
        var answer = node.Portmap("ADD", "c1", Config(Mapping(8080, 80) + "," + Mapping(8443, 443), backend, result)).Succeeds();
        Assert.Equal(System.Text.Json.JsonDocument.Parse(result).RootElement.GetRawText(), answer.Json.GetRawText());
        using var four = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        using var six = Traffic.Serve(node.Container("c1"), "fd77::2", 80);

        // From elsewhere the container sees who it is; from the node, itself and its neighbours it sees the node.
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.Equal("2001:db8::2", Traffic.SeenFrom(outside, "2001:db8::1", 8080));
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(node.Host, "127.0.0.1", 8080));
        Assert.NotNull(Traffic.SeenFrom(node.Host, "192.0.2.1", 8080));
        Assert.NotNull(Traffic.SeenFrom(node.Host, "2001:db8::1", 8080));
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(node.Container("c1"), "192.0.2.1", 8080));
        Assert.Equal("fd77::1", Traffic.SeenFrom(node.Container("c1"), "2001:db8::1", 8080));
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(node.Container("c2"), "192.0.2.1", 8080));
        Assert.Equal("fd77::1", Traffic.SeenFrom(node.Container("c2"), "2001:db8::1", 8080));
        Assert.Equal("10.77.0.3", Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80));

        node.Portmap("DEL", "c1", Config(Mapping(8080, 80), backend)).Succeeds();
        Assert.Null(Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.Null(Traffic.SeenFrom(outside, "2001:db8::1", 8080));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_HostIp_LimitsTheMappingToThatAddress(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        var mappings = Mapping(8080, 80, hostIp: "192.0.2.1") + "," + Mapping(8081, 81, hostIp: "2001:db8::1") + "," + Mapping(8082, 80, hostIp: "0.0.0.0");
        node.Portmap("ADD", "c1", Config(mappings, backend, result)).Succeeds();
        node.Portmap("CHECK", "c1", Config(mappings, backend, result)).Succeeds();
        using var four = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        using var six = Traffic.Serve(node.Container("c1"), "fd77::2", 81);
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.Equal("2001:db8::2", Traffic.SeenFrom(outside, "2001:db8::1", 8081));
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8082));
        Assert.Null(Traffic.SeenFrom(node.Host, "10.77.0.1", 8080));
        Assert.Null(Traffic.SeenFrom(node.Host, "127.0.0.1", 8080));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_MasqAllAndNoSnat_ChangeWhoIsSeen(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        var all = Config(Mapping(8080, 80), backend + ",\"masqAll\":true", result);
        node.Portmap("ADD", "c1", all).Succeeds();
        node.Portmap("CHECK", "c1", all).Succeeds();
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.Equal("10.77.0.1", Traffic.SeenFrom(node.Host, "127.0.0.1", 8080));

        var none = Config(Mapping(8080, 80), backend + ",\"snat\":false", result);
        Assert.Contains("masquerade", node.Portmap("CHECK", "c1", none).Fails(102).Stdout);
        node.Portmap("ADD", "c1", none).Succeeds();
        node.Portmap("CHECK", "c1", none).Succeeds();
        Assert.Equal("192.0.2.2", Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.Null(Traffic.SeenFrom(node.Container("c1"), "192.0.2.1", 8080, TimeSpan.FromMilliseconds(300)));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_UdpClientWithAnOldFlow_ReachesTheContainerAtOnce(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        using var own = Traffic.Udp(node.Host, "192.0.2.1", 5353);
        using var inside = Traffic.Udp(node.Container("c1"), "10.77.0.2", 53);
        using var client = Traffic.Udp(outside, "192.0.2.2", 40000);
        using var elsewhere = Traffic.Udp(outside, "192.0.2.2", 5353);
        using var neighbour = Traffic.Udp(node.Container("c1"), "10.77.0.2", 40001);

        // The kernel keeps flows only where something asks for them.
        using var nft = NftSocket.Open(node.Host);
        var table = new TableId(TableFamily.Ip, "keep-flows");
        nft.Apply(new NftBatch().Add(new AddTable(table)).Add(new AddChain(table, Chain.Hooked("p", new BaseChain(ChainType.Filter, ChainHook.Prerouting, 0)))).Add(new AddRule(table, "p", Rule.Of(Match.State(CtState.New)))));
        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, own));
        Assert.True(Traffic.Reaches(neighbour, "192.0.2.2", 5353, elsewhere));
        using var conntrack = ConntrackSocket.Open(node.Host);
        Assert.Equal(2, conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Udp, DestinationPort: 5353)).Count);

        node.Portmap("ADD", "c1", Config(Mapping(5353, 53, "UDP"), backend, result)).Succeeds();
        Assert.Equal(IpAddress.Parse("192.0.2.2"), conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Udp, DestinationPort: 5353)).Single().Original.Destination);
        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, inside));
        node.Portmap("DEL", "c1", Config("", backend)).Succeeds();
        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, own));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_Sctp_ReachesTheContainer(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        node.Portmap("ADD", "c1", Config(Mapping(9000, 90, "sctp"), backend, result)).Succeeds();
        using var inside = SctpInit.Open(node.Container("c1"), "10.77.0.2");
        using var client = SctpInit.Open(outside, "192.0.2.2");
        SctpInit.Send(client, "192.0.2.1", 5000, 9000);
        Assert.Equal((5000, 90), SctpInit.Receive(inside));
    }

    [Fact]
    public void Add_BackendsAndConditions_AreChosenByWhatIsAsked()
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        var config = Config(Mapping(8080, 80), ",\"conditionsV4\":[\"!\",\"-s\",\"192.0.2.2/32\"]", result);
        node.Portmap("ADD", "c1", config).Succeeds();
        node.Portmap("CHECK", "c1", config).Succeeds();
        Assert.Empty(node.PortOwners());
        Assert.Null(Traffic.SeenFrom(outside, "192.0.2.1", 8080));
        Assert.NotNull(Traffic.SeenFrom(node.Host, "192.0.2.1", 8080));
        Assert.Contains("conditionsV4", node.Portmap("ADD", "c1", Config(Mapping(8080, 80), ",\"backend\":\"nftables\",\"conditionsV4\":[\"-s\"]", result)).Fails(2).Stdout);
    }

    [Fact]
    public void Add_NoMappingsOrNoAddresses_PassesTheResultOn()
    {
        using var node = new Node();
        var result = node.Attach("c1");
        node.Portmap("ADD", "c1", Config("", previous: result)).Succeeds();
        node.Portmap("ADD", "c1", Config(Mapping(80, 80), previous: """{"cniVersion":"1.1.0","interfaces":[{"name":"eth0","sandbox":"/x"}]}""")).Succeeds();
        node.Portmap("DEL", "c1", Config("")).Succeeds();
        Assert.Empty(node.PortOwners());
    }

    [Theory]
    [InlineData("{\"hostPort\":0,\"containerPort\":80}", "", 7)]
    [InlineData("{\"hostPort\":80,\"containerPort\":65536}", "", 7)]
    [InlineData("{\"hostPort\":\"80\",\"containerPort\":80}", "", 6)]
    [InlineData("{\"hostPort\":80,\"containerPort\":80,\"protocol\":\"icmp\"}", "", 7)]
    [InlineData("{\"hostPort\":80,\"containerPort\":80,\"hostIP\":\"nowhere\"}", "", 7)]
    [InlineData("{\"hostPort\":80,\"containerPort\":80},{\"hostPort\":80,\"containerPort\":81}", "", 7)]
    [InlineData("{\"hostPort\":80,\"containerPort\":80},{\"hostPort\":80,\"containerPort\":80,\"hostIP\":\"192.0.2.1\"}", "", 7)]
    [InlineData("", ",\"backend\":\"ebpf\"", 7)]
    [InlineData("", ",\"markMasqBit\":32", 7)]
    [InlineData("", ",\"markMasqBit\":5,\"externalSetMarkChain\":\"X\"", 7)]
    [InlineData("", ",\"externalSetMarkChain\":\"a b\"", 7)]
    [InlineData("", ",\"conditionsV4\":[\"-s\\n-j\"]", 7)]
    [InlineData("", ",\"backend\":\"nftables\",\"externalSetMarkChain\":\"X\"", 2)]
    [InlineData("", ",\"snat\":1", 6)]
    public void Add_BadConfig_HasItsCodeAndChangesNothing(string mappings, string more, int code)
    {
        using var node = new Node();
        var result = node.Attach("c1");
        node.Portmap("ADD", "c1", Config(mappings, more, result)).Fails(code);
        node.Portmap("CHECK", "c1", Config(mappings, more, result)).Fails(code);
        Assert.Empty(node.PortOwners());
    }

    [Fact]
    public void Add_NotChained_IsCode7()
    {
        using var node = new Node();
        node.Container("c1");
        Assert.Contains("prevResult", node.Portmap("ADD", "c1", Config(Mapping(80, 80))).Fails(7).Stdout);
    }

    [Fact]
    public void Add_PortThatAKilledDelHasClosed_LeadsToTheNewContainer()
    {
        const string Backend = ",\"backend\":\"iptables\"";
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var (first, second) = (node.Attach("c1"), node.Attach("c2"));
        node.Portmap("ADD", "c1", Config(Mapping(5353, 53, "udp"), Backend, first)).Succeeds();
        node.Portmap("ADD", "c2", Config(Mapping(5353, 53, "udp"), Backend, second)).Fails(103);
        var chain = IptablesNames.Chain("net", "c1", "DN-");
        Iptables.Run(node, "iptables", "-t", "nat", "-I", chain, "1", "-j", "RETURN");
        Iptables.Run(node, "ip6tables", "-t", "nat", "-I", chain, "1", "-j", "RETURN");
        node.Portmap("ADD", "c2", Config(Mapping(5353, 53, "udp"), Backend, second)).Succeeds();
        using var server = Traffic.Udp(node.Container("c2"), "10.77.0.3", 53);
        using var client = Traffic.Udp(outside, "192.0.2.2", 40000);
        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, server));
        node.Portmap("DEL", "c1", Config("", Backend)).Succeeds();
        Assert.DoesNotContain(chain, Iptables.Save(node, "nat"));
        Assert.DoesNotContain(chain, Iptables.Save(node, "nat", IpFamily.V6));
        node.Portmap("CHECK", "c2", Config(Mapping(5353, 53, "udp"), Backend, second)).Succeeds();
        Assert.True(Traffic.Reaches(client, "192.0.2.1", 5353, server));
    }
}
