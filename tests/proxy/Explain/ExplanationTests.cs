using Podwire.Primitives;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using Podwire.Proxy.State;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Explain;

/// <summary>Golden texts over a model whose table stands in for the kernel's.</summary>
public sealed class ExplanationTests
{
    private static readonly ProxyOptions Options = new() { ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16")] };

    [Fact]
    public void ClusterIp_WithEveryReasonToLeaveOut_IsToldRuleByRule()
    {
        var state = With(
            Service(),
            Endpoint("10.244.0.2", zones: "a"),
            Endpoint("10.244.1.3", "node2", zones: "a,b"),
            Endpoint("10.244.1.4", "node2", zones: "b"),
            Endpoint("10.244.1.5", "node2", "s"),
            Endpoint("10.244.1.6", "node2", "st"),
            Endpoint("10.244.1.7", "node2", "t"));

        Assert.Equal(
            """
            connection  198.51.100.7 (somebody) -> 10.96.0.10:80/tcp, coming in at eth0
            frontend    Service default/web, port http, by its cluster IP
            rules       nat-prerouting: jump services
                        services: ip daddr . meta l4proto . th dport vmap @service-ips
                          service-ips: 10.96.0.10 . tcp . 80 counter packets 7 bytes 420 comment "default/web:http" : goto cluster-2   # so far 7 connections
                        cluster-2: ip saddr != 10.244.0.0/16 jump mark-for-masquerade
                        mark-for-masquerade: meta mark set meta mark | 0x00004000
                        cluster-2: goto vip-2
                        vip-2: meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @service-endpoints
                        nat-postrouting: meta mark set meta mark ^ 0x00004000
                        nat-postrouting: masquerade fully-random
            endpoints   10.244.0.2:8080 on node1: one of 2
                        10.244.1.3:8080 on node2: one of 2
                        10.244.1.4:8080 on node2: left out: hinted for zone b, and this node is in a
                        10.244.1.5:8080 on node2: left out: not ready
                        10.244.1.6:8080 on node2: left out: terminating: only where none is ready
                        10.244.1.7:8080 on node2: left out: terminating, and not serving any more
            outcome     sent to one of 2 endpoints, each as likely; the endpoint sees the node's address

            """,
            Explain(state, "198.51.100.7", "10.96.0.10", 80, "eth0"),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void ExternalLocal_FromOutside_LeavesOutOtherNodesAndFromAPodDoesNot()
    {
        var state = With(Service() with { ExternalIps = [Ip("203.0.113.9")], ExternalLocal = true }, Endpoint("10.244.0.2"), Endpoint("10.244.1.3", "node2"));

        var outside = Explain(state, "198.51.100.7", "203.0.113.9", 80, "eth0");
        Assert.Contains("10.244.0.2:8080 on node1: it will be this one", outside);
        Assert.Contains("10.244.1.3:8080 on node2: left out: not on this node, and externalTrafficPolicy is Local", outside);
        Assert.Contains("outcome     sent to 10.244.0.2:8080; the endpoint sees the client's address", outside);
        var pod = Explain(state, "10.244.0.9", "203.0.113.9", 80, "cni0");
        Assert.Contains("10.244.1.3:8080 on node2: one of 2", pod);
    }

    [Fact]
    public void Affinity_ClientThatSticks_HasOneChoice()
    {
        var state = With(Service() with { AffinitySeconds = 60 }, Endpoint("10.244.1.2", "node2"), Endpoint("10.244.1.3", "node2"));
        var text = Explain(state, "10.244.0.9", "10.96.0.10", 80, "cni0", table => table with
        {
            Sets = ValueList.From(table.Sets.Select(set => set.Name.Contains("10.244.1.3", StringComparison.Ordinal) ? set with { Elements = [SetElement.Of((NftScalar)Ip("10.244.0.9"))] } : set)),
        });

        Assert.Contains("10.244.1.3:8080 on node2: it will be this one", text);
        Assert.Contains("10.244.1.2:8080 on node2: left out: the client sticks to another one", text);
        Assert.DoesNotContain("but  ", text);
    }

    [Fact]
    public void Refusals_AndDrops_AreToldApart()
    {
        var empty = With(Service());
        var closed = With(Service() with { LoadBalancerIps = [Ip("203.0.113.5")], SourceRanges = [IpPrefix.Parse("192.0.2.0/24")] }, Endpoint("10.244.0.2"));

        Assert.Contains("outcome     refused: there is no endpoint", Explain(empty, "10.244.0.9", "10.96.0.10", 80, "cni0"));
        Assert.Contains("outcome     refused: the address is a Service's, the port is not", Explain(closed, "10.244.0.9", "10.96.0.10", 81, "cni0"));
        Assert.Contains("outcome     dropped: by its source ranges", Explain(closed, "198.51.100.7", "203.0.113.5", 80, "eth0"));
        Assert.Contains("outcome     left alone: it goes to 198.51.100.1 itself", Explain(closed, "10.244.0.9", "198.51.100.1", 80, "cni0"));
    }

    [Fact]
    public void KernelThatDiffers_IsSaid()
    {
        var state = With(Service(), Endpoint("10.244.0.2"), Endpoint("10.244.0.3"));
        var text = Explain(state, "10.244.0.9", "10.96.0.10", 80, "cni0", table => table with
        {
            Sets = ValueList.From(table.Sets.Select(set => set.Name == "service-endpoints" ? set with { Elements = [set.Elements[0]] } : set)),
        });

        Assert.Contains("but         the API objects ask for something else: sent to one of 2 endpoints", text);
    }

    [Theory]
    [InlineData("10.96.0.10:53/udp", "10.96.0.10", 53, IpProtocol.Udp)]
    [InlineData("[fd96::a]:80", "fd96::a", 80, IpProtocol.Tcp)]
    [InlineData("web:http", "10.96.0.10", 80, IpProtocol.Tcp)]
    [InlineData("default/web:80", "10.96.0.10", 80, IpProtocol.Tcp)]
    public void Target_EveryForm_IsResolved(string text, string address, ushort port, IpProtocol protocol) =>
        Assert.Equal((Ip(address), port, protocol), ExplainTarget.Parse(text).Resolve(new Dictionary<ServiceKey, ServiceState> { [Service().Key] = With(Service()) }, IpFamily.V4));

    [Theory]
    [InlineData("web")]
    [InlineData("fd96::a")]
    [InlineData("10.96.0.10:http")]
    [InlineData("web:https")]
    [InlineData("other:80")]
    public void Target_ThatCannotBeUsed_IsRefused(string text) =>
        Assert.Throws<ConfigurationException>(() => ExplainTarget.Parse(text).Resolve(new Dictionary<ServiceKey, ServiceState> { [Service().Key] = With(Service()) }, IpFamily.V4));

    /// <summary>The interpreter of the tests and this one are two programs: they must agree on every packet.</summary>
    [Fact]
    public void Walk_AnyPacket_EndsWhereTheInterpreterOfTheTestsEnds()
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var cluster = new RandomCluster();
            var model = new TableModel(new() { Family = IpFamily.V4, Pods = new() { Source = IpPrefix.Parse("10.244.0.0/16") } });
            for (var i = 0; i < 12; i++)
            {
                _ = model.Apply(cluster.Change((seed * 100) + i));
            }

            var table = model.ToTable();
            foreach (var packet in RandomCluster.Packets(IpFamily.V4))
            {
                var expected = new PacketInterpreter(table, RandomCluster.LocalAddresses).Outcomes(packet);
                var walk = PacketWalk.Run(table, new(packet.Source, packet.Destination, packet.Protocol, packet.Port, packet.Interface), RandomCluster.LocalAddresses);
                if (cluster.Services.All(state => state.Service.AffinitySeconds == 0))
                {
                    Assert.Equal(expected.Where(outcome => outcome.Verdict == "to" && walk.Verdict == WalkVerdict.Translated).Select(outcome => outcome.Destination).ToHashSet(), walk.Choices.ToHashSet());
                }

                Assert.Equal(expected.First().Verdict, walk.Verdict switch { WalkVerdict.Refused => "refused", WalkVerdict.Dropped => "dropped", _ => "to" });
            }
        }
    }

    private static string Explain(ServiceState state, string from, string to, ushort port, string link, Func<Table, Table>? kernel = null)
    {
        var model = new TableModel(TableSettings.Of(Options, Node, IpFamily.V4));
        model.Absorb(Snapshot(state));
        var table = model.ToTable();
        table = table with
        {
            Sets = ValueList.From(table.Sets.Select(set => set.Name != "service-ips" ? set : set with { Elements = ValueList.From(set.Elements.Select(element => element with { Counter = new(7, 420) })) })),
        };
        return new Explanation(model, kernel?.Invoke(table) ?? table, new Dictionary<ServiceKey, ServiceState> { [state.Service.Key] = state }, Node, RandomCluster.LocalAddresses)
            .Write(new(Ip(from), Ip(to), IpProtocol.Tcp, port, link), from == "198.51.100.7" && link == "eth0" && port == 80 && to == "10.96.0.10" ? "somebody" : null);
    }
}
