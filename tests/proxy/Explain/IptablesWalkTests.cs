using Podwire.Primitives;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Compile.Ipvs;
using Podwire.Proxy.Explain;
using Podwire.Proxy.State;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Explain;

/// <summary>Explanations of the modes iptables and ipvs over listings of their models, and the walk beside the interpreters of the tests, which are other programs.</summary>
public sealed class IptablesWalkTests
{
    [Fact]
    public void Iptables_EveryReasonToLeaveOut_IsTold()
    {
        var state = With(
            Service() with { ExternalIps = [Ip("203.0.113.7")], ExternalLocal = true },
            Endpoint("10.244.0.2"), Endpoint("10.244.1.3", "node2"), Endpoint("10.244.1.5", "node2", "s"), Endpoint("10.244.1.6", "node2", "st"), Endpoint("10.244.1.7", "node2", "t"));
        var text = ExplainIptables(state, "198.51.100.7", "203.0.113.7", "eth0");

        Assert.Contains("connection  198.51.100.7 -> 203.0.113.7:80/tcp, coming in at eth0", text);
        Assert.Contains("frontend    Service default/web, port http, by its external IP", text);
        Assert.Matches(@"rules       nat PREROUTING 1: .*-j KUBE-SERVICES   # so far 7 connections", text);
        Assert.Matches(@"nat KUBE-EXT-\w+ \d+: .*-j KUBE-SVL-\w+   # so far 7 connections", text);
        Assert.Contains("10.244.0.2:8080 on node1: it will be this one", text);
        Assert.Contains("10.244.1.3:8080 on node2: left out: not on this node, and externalTrafficPolicy is Local", text);
        Assert.Contains("outcome     sent to 10.244.0.2:8080; the endpoint sees the client's address", text);
        Assert.DoesNotContain("but  ", text);
        // A pod is exempt from the policy.
        var pod = ExplainIptables(state, "10.244.0.9", "203.0.113.7", "cni0");
        Assert.Contains("10.244.1.3:8080 on node2: one of 2", pod);
        Assert.Contains("10.244.1.5:8080 on node2: left out: not ready", pod);
        Assert.Contains("10.244.1.6:8080 on node2: left out: terminating: only where none is ready", pod);
        Assert.Contains("10.244.1.7:8080 on node2: left out: terminating, and not serving any more", pod);
    }

    [Fact]
    public void Iptables_RefusalsDropsHairpinsAndForeignChanges_AreTold()
    {
        var closed = With(Service() with { LoadBalancerIps = [Ip("203.0.113.5")], SourceRanges = [IpPrefix.Parse("192.0.2.0/24")] }, Endpoint("10.244.0.2"), Endpoint("10.244.1.3", "node2"));

        Assert.Contains("outcome     refused: there is no endpoint", ExplainIptables(With(Service()), "10.244.0.9", "10.96.0.10", "cni0"));
        Assert.Contains("outcome     dropped: by its source ranges", ExplainIptables(closed, "198.51.100.7", "203.0.113.5", "eth0"));
        Assert.Contains("outcome     left alone: it goes to 198.51.100.1 itself", ExplainIptables(closed, "10.244.0.9", "198.51.100.1", "cni0"));
        Assert.Contains("or the node's where it is the client itself", ExplainIptables(closed, "10.244.0.2", "10.96.0.10", "cni0"));
        var foreign = ExplainIptables(closed, "10.244.0.9", "10.96.0.10", "cni0", kernel => kernel.Append("filter", "FORWARD", "-m policy --dir in -j DROP"), "-A KUBE-MARK-MASQ");
        Assert.Contains("not judged  filter FORWARD", foreign);
        Assert.Matches("but         the API objects ask for something else in \\d+ lines of these chains: KUBE-MARK-MASQ", foreign);
        Assert.Contains("does podwire-proxy run here, in mode iptables?", ExplainIptables(closed, "10.244.0.9", "10.96.0.10", "cni0", null, "KUBE-"));
    }

    [Fact]
    public void Iptables_AnyPacket_EndsWhereTheInterpreterOfTheTestsEnds()
    {
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            for (var seed = 0; seed < 12; seed++)
            {
                var (cluster, model, kernel) = (new RandomCluster(), new IptablesModel(Iptables.IptablesModelTests.Settings(family)), new FakeIptables());
                kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
                for (var i = 0; i < 12; i++)
                {
                    kernel.Restore(model.Apply(cluster.Change((seed * 100) + i)).ToRestoreText());
                }

                var rules = CountedRules.Read(Listing(kernel));
                var interpreter = new IptablesInterpreter(kernel.Listing, RandomCluster.LocalAddresses);
                foreach (var packet in RandomCluster.Packets(family))
                {
                    var asked = new ExplainedPacket(packet.Source, packet.Destination, packet.Protocol, packet.Port, packet.Interface);
                    Same(interpreter.Outcomes(packet), IptablesWalk.Run(rules, asked, RandomCluster.LocalAddresses, static _ => false), packet, cluster.Services.Any(state => state.Service.AffinitySeconds > 0));
                }
            }
        }
    }

    [Fact]
    public void Ipvs_AnyPacket_EndsWhereTheInterpreterOfTheTestsEnds()
    {
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            for (var seed = 0; seed < 12; seed++)
            {
                var (cluster, model) = (new RandomCluster(), new IpvsModel(Ipvs.IpvsModelTests.Settings(family, true, false)));
                for (var i = 0; i < 12; i++)
                {
                    _ = model.Apply(cluster.Change((seed * 100) + i));
                }

                var (rules, director, local) = Kernel(model);
                var interpreter = new IpvsInterpreter(model, RandomCluster.LocalAddresses);
                foreach (var packet in RandomCluster.Packets(family))
                {
                    var asked = new ExplainedPacket(packet.Source, packet.Destination, packet.Protocol, packet.Port, packet.Interface);
                    if (packet.Interface is null && model.DeniedToNode.Contains(new(packet.Protocol, packet.Destination, packet.Port)))
                    {
                        if (model.Find(new(packet.Protocol, packet.Destination, packet.Port))!.Destinations.IsEmpty)
                        {
                            // Refused by IPVS before the filter that would drop it sees it; the interpreter does not tell the two apart.
                            continue;
                        }

                        asked = asked with { Source = packet.Destination };
                    }

                    Same(interpreter.Outcomes(packet), IptablesWalk.Run(rules, asked, local, static _ => false, director), packet, mayMasqueradeLess: true);
                }
            }
        }
    }

    [Fact]
    public void Ipvs_WeightsConnectionsAndCounters_AreTold()
    {
        var state = With(Service(), Endpoint("10.244.0.2"), Endpoint("10.244.1.3", "node2"), Endpoint("10.244.1.5", "node2", "s"));
        var model = new IpvsModel(Ipvs.IpvsModelTests.Settings(IpFamily.V4, true, false));
        _ = model.Apply(Snapshot(state));
        var (rules, director, local) = Kernel(model);
        var explanation = new IpvsExplanation(
            model, director, rules, new Dictionary<ServiceKey, ServiceState> { [state.Service.Key] = state }, Node, local,
            new(41, 0, 0, 0, 0), [new(new(Ip("10.244.0.2"), 8080), 3, 2, 0) { Counters = new(40, 100, 90, 0, 0) }, new(new(Ip("10.244.1.3"), 8080, 0), 1, 0, 0)]);

        var text = explanation.Write(new(Ip("10.244.0.9"), Ip("10.96.0.10"), IpProtocol.Tcp, 80, "cni0"), "pod default/client");

        Assert.Contains("connection  10.244.0.9 (pod default/client) -> 10.96.0.10:80/tcp, coming in at cni0", text);
        Assert.Contains("ipvs        tcp 10.96.0.10:80, scheduler rr   # so far 41 connections", text);
        Assert.Contains("10.244.0.2:8080 weight 1, 3 active and 2 inactive connections   # so far 40 connections, 100 packets in, 90 out", text);
        Assert.Contains("10.244.1.3:8080 weight 0, 1 active and 0 inactive connections, on its way out", text);
        Assert.Contains("10.244.1.5:8080 on node2: left out: not ready", text);
        Assert.Contains("outcome     sent to one of 2 endpoints, each as likely; the endpoint sees the client's address", text);
        Assert.DoesNotContain("but  ", text);
    }

    private static void Same(HashSet<PacketOutcome> expected, IptablesWalkResult walk, TestPacket packet, bool mayMasqueradeLess)
    {
        var verdict = walk.Verdict switch { WalkVerdict.Refused => "refused", WalkVerdict.Dropped => "dropped", _ => "to" };
        Assert.True(expected.Any(outcome => outcome.Verdict == verdict), $"{packet}: {verdict}, but {string.Join(' ', expected)}");
        if (walk.Verdict == WalkVerdict.Translated)
        {
            Assert.Equal(expected.Where(outcome => outcome.Verdict == "to").Select(outcome => outcome.Destination).ToHashSet(), walk.Choices.ToHashSet());
            if (!mayMasqueradeLess)
            {
                Assert.Equal(expected.All(outcome => outcome.Masqueraded) ? true : expected.Any(outcome => outcome.Masqueraded) ? null : false, walk.Masqueraded);
            }
        }
    }

    private static string ExplainIptables(ServiceState state, string from, string to, string link, Action<FakeIptables>? change = null, string? without = null)
    {
        var (model, kernel) = (new IptablesModel(Iptables.IptablesModelTests.Settings(IpFamily.V4)), new FakeIptables());
        _ = model.Apply(Snapshot(state));
        kernel.Restore(IptablesDiff.Between(kernel.Listing, model).ToRestoreText());
        change?.Invoke(kernel);
        var listing = string.Join('\n', Listing(kernel).Split('\n').Where(line => without is null || !line.Contains(without, StringComparison.Ordinal)));
        var explanation = new IptablesExplanation(
            model, listing, new Dictionary<ServiceKey, ServiceState> { [state.Service.Key] = state }, Node, RandomCluster.LocalAddresses, static _ => false);
        return explanation.Write(new(Ip(from), Ip(to), IpProtocol.Tcp, 80, link));
    }

    /// <summary>As iptables-save --counters lists it, with 7 packets everywhere.</summary>
    private static string Listing(FakeIptables kernel) => string.Concat(kernel.Listing.Tables.Select(static table =>
        $"*{table.Key}\n{string.Concat(table.Value.Keys.Select(static chain => $":{chain} {(chain.StartsWith("KUBE", StringComparison.Ordinal) ? "-" : "ACCEPT")} [0:0]\n"))}"
        + $"{string.Concat(table.Value.SelectMany(static chain => chain.Value.Select(rule => $"[7:420] -A {chain.Key} {rule}\n")))}COMMIT\n"));

    private static (CountedRules Rules, IpvsDirector Director, HashSet<IpAddress> Local) Kernel(IpvsModel model)
    {
        var kernel = new FakeIptables();
        kernel.Restore(IpvsChainsDiff.Between(kernel.Listing, model.Settings, model.DeniedToNode).ToRestoreText());
        return (CountedRules.Read(Listing(kernel)), new IpvsDirector(model.Settings.Family, model.Services, model.Entries), [.. RandomCluster.LocalAddresses, .. model.Addresses]);
    }
}
