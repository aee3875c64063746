using Podwire.Netlink.Nftables;
using Podwire.Ruleset;
using static Podwire.CniBridge.Tests.PortmapNode;

namespace Podwire.CniBridge.Tests;

/// <summary>The plugin firewall, by what passes between a node's networks.</summary>
public class FirewallTests
{
    public static TheoryData<string> Backends => [",\"backend\":\"iptables\"", ",\"backend\":\"nftables\""];

    [Fact]
    public void Add_ForwardingIsDropped_LetsTheContainerThroughAndItsAnswersBack()
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var result = node.Attach("c1");
        Iptables.Run(node, "iptables", "-P", "FORWARD", "DROP");
        using var server = Traffic.Serve(outside, "192.0.2.2", 80);
        using var inside = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        Route(node);
        Assert.Null(Traffic.SeenFrom(node.Container("c1"), "192.0.2.2", 80, TimeSpan.FromMilliseconds(300)));

        // Nothing said: iptables, whose FORWARD chain it is.
        var config = Config("", result);
        Assert.Equal(System.Text.Json.JsonDocument.Parse(result).RootElement.GetRawText(), node.Run("firewall", "ADD", config).Succeeds().Json.GetRawText());
        node.Run("firewall", "CHECK", config).Succeeds();
        Assert.Equal("10.77.0.2", Traffic.SeenFrom(node.Container("c1"), "192.0.2.2", 80));
        Assert.Null(Traffic.SeenFrom(outside, "10.77.0.2", 80, TimeSpan.FromMilliseconds(300)));
        Iptables.Run(node, "iptables", "-A", "CNI-ADMIN", "-d", "192.0.2.2", "-j", "DROP");
        Assert.Null(Traffic.SeenFrom(node.Container("c1"), "192.0.2.2", 80, TimeSpan.FromMilliseconds(300)));
        node.Run("firewall", "DEL", Config("")).Succeeds();
        Assert.DoesNotContain("10.77.0.2", Iptables.Save(node, "filter"));
        Assert.Contains("-A CNI-ADMIN", Iptables.Save(node, "filter"));
        node.Run("firewall", "CHECK", config).Fails(102);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_SameBridge_KeepsOtherBridgesOut(string backend)
    {
        using var node = new Node();
        var outside = Traffic.Outside(node);
        var first = node.Attach("c1");
        var second = node.Add("c2", node.Config(",\"isDefaultGateway\":true", node.Ipam("\"subnet\":\"10.78.0.0/24\""), bridge: "br-two")).Succeeds().Stdout;
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);
        Assert.NotNull(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80));
        var policy = backend + ",\"ingressPolicy\":\"same-bridge\"";
        node.Run("firewall", "ADD", Config(policy, first), "c1").Succeeds();
        Assert.NotNull(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80));
        node.Run("firewall", "ADD", Config(policy, second), "c2").Succeeds();
        Assert.Null(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80, TimeSpan.FromMilliseconds(300)));
        Route(node);
        Assert.NotNull(Traffic.SeenFrom(outside, "10.77.0.2", 80));
        node.Attach("c3");
        Assert.NotNull(Traffic.SeenFrom(node.Container("c3"), "10.77.0.2", 80));
        node.Run("firewall", "CHECK", Config(policy, first), "c1").Succeeds();
        node.Run("firewall", "CHECK", Config(backend + ",\"ingressPolicy\":\"isolated\"", first), "c1").Fails(102);
        node.Run("firewall", "DEL", Config(policy, first), "c1").Succeeds();
        Assert.Null(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80, TimeSpan.FromMilliseconds(300)));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_Isolated_KeepsTheOwnBridgeOutToo(string backend)
    {
        using var node = new Node();
        var first = node.Attach("c1");
        node.Attach("c2");
        using var server = Traffic.Serve(node.Container("c1"), "10.77.0.2", 80);

        // What stays on the bridge passes the node's forwarding only where it is asked to.
        node.Host.WriteSysctl("net/bridge/bridge-nf-call-iptables", "1");
        var policy = backend + ",\"ingressPolicy\":\"same-bridge\"";
        node.Run("firewall", "ADD", Config(policy, first)).Succeeds();
        Assert.NotNull(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80));
        policy = backend + ",\"ingressPolicy\":\"isolated\"";
        node.Run("firewall", "ADD", Config(policy, first)).Succeeds();
        node.Run("firewall", "CHECK", Config(policy, first)).Succeeds();
        Assert.Null(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80, TimeSpan.FromMilliseconds(300)));
        node.Run("firewall", "ADD", Config(backend + ",\"ingressPolicy\":\"same-bridge\"", first)).Succeeds();
        Assert.NotNull(Traffic.SeenFrom(node.Container("c2"), "10.77.0.2", 80));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Gc_CollectsAddressesThatAreNotValid(string backend)
    {
        using var node = new Node();
        node.Run("firewall", "ADD", Config(backend, node.Attach("c1")), "c1").Succeeds();
        var second = node.Attach("c2");
        node.Run("firewall", "ADD", Config(backend, second), "c2").Succeeds();
        node.Run("firewall", "GC", Config(backend)).Fails(7);
        node.Run("firewall", "GC", Config(backend + ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c2\",\"ifname\":\"eth0\"}]")).Succeeds();
        node.Run("firewall", "CHECK", Config(backend, second), "c2").Succeeds();
        Assert.DoesNotContain("10.77.0.2/32", Iptables.Save(node, "filter"));
        Assert.Equal(backend.Contains("nft", StringComparison.Ordinal) ? ["podwire:net/c2/eth0"] : [], Owners(node));
        node.RemoveContainer("c2");
        node.Run("firewall", "DEL", Config(backend), "c2", netNs: string.Empty).Succeeds();
        Assert.Empty(Owners(node));
        Assert.DoesNotContain("10.77.0.3", Iptables.Save(node, "filter"));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Add_SixteenWide_AllAndThenNothing(string backend)
    {
        using var node = new Node();
        var results = Enumerable.Range(0, 32).ToDictionary(n => $"c{n}", n => node.Attach($"c{n}"));
        var policy = backend + ",\"ingressPolicy\":\"same-bridge\"";
        foreach (var answer in results.AsParallel().WithDegreeOfParallelism(16).Select(r => node.Run("firewall", "ADD", Config(policy, r.Value), r.Key)).ToList())
        {
            answer.Succeeds();
        }

        foreach (var (container, result) in results)
        {
            node.Run("firewall", "CHECK", Config(policy, result), container).Succeeds();
        }

        foreach (var answer in results.Keys.AsParallel().WithDegreeOfParallelism(16).Select(c => node.Run("firewall", "DEL", Config(policy), c)).ToList())
        {
            answer.Succeeds();
        }

        Assert.Empty(Owners(node));
        Assert.DoesNotContain("10.77.0.", Iptables.Save(node, "filter"));
    }

    [Theory]
    [InlineData(",\"backend\":\"firewalld\"", 2)]
    [InlineData(",\"backend\":\"pf\"", 7)]
    [InlineData(",\"ingressPolicy\":\"closed\"", 7)]
    [InlineData(",\"iptablesAdminChainName\":\"a b\"", 7)]
    [InlineData(",\"iptablesAdminChainName\":7", 6)]
    public void Add_BadConfig_HasItsCode(string more, int code)
    {
        using var node = new Node();
        node.Run("firewall", "ADD", Config(more, node.Attach("c1"))).Fails(code);
        Assert.Empty(Iptables.Save(node, "filter"));
    }

    [Fact]
    public void Add_PolicyWithoutBridgeOrResult_IsCode7()
    {
        using var node = new Node();
        node.Container("c1");
        node.Run("firewall", "ADD", Config("")).Fails(7);
        node.Run("firewall", "ADD", Config(",\"ingressPolicy\":\"same-bridge\"", """{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.2/24"}]}""")).Fails(7);
        node.Run("firewall", "STATUS", Config("")).Succeeds();
        node.Run("firewall", "STATUS", Config(",\"backend\":\"nftables\"")).Succeeds();
    }

    private static string Config(string more, string? previous = null) =>
        $$"""{"cniVersion":"1.1.0","name":"net","type":"firewall"{{more}}{{(previous is null ? "" : ",\"prevResult\":" + previous)}}}""";

    /// <summary>Who has elements in the table of the nftables back end.</summary>
    internal static string[] Owners(Node node)
    {
        using var nft = NftSocket.Open(node.Host);
        return [.. nft.ReadTable(new TableId(TableFamily.Ip, "podwire-cni-firewall"))?.FindSet("containers")!.Elements.Select(e => e.Comment!) ?? []];
    }

    /// <summary>«Outside» answers the container's network through the node.</summary>
    private static void Route(Node node) => node.In("outside", s =>
    {
        s.AddRoute(new Podwire.Netlink.Route.RouteEntry(Podwire.Primitives.IpPrefix.Parse("10.77.0.0/24")) { Gateway = Podwire.Primitives.IpAddress.Parse("192.0.2.1") });
        return true;
    });
}
