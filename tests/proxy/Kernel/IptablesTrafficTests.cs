using System.Net;
using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Explain;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Mode iptables, with the iptables that the machine has by default.</summary>
public sealed class IptablesTrafficTests(IptablesNode node) : TrafficTests(node), IClassFixture<IptablesNode>
{
    private protected override bool RefusesUnusedPorts => false;

    [Fact]
    public async Task NodePort_AtLocalhost_IsServed()
    {
        Publish("home", "10.96.1.40", "http/TCP/80/30140", "http/TCP/8080", "10.244.0.3");
        await ReadyAsync(null, 30140, "home:http");

        Assert.Equal("p2", (await Node.AskAsync("node", "127.0.0.1", 30140))?.Split(' ')[0]);
        Assert.Equal("1", Node["node"].ReadSysctl("net/ipv4/conf/all/route_localnet"));
    }

    [Fact]
    public async Task ForeignFlush_IsUndone_WithAnEvent()
    {
        Publish("guarded", "10.96.1.11", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ReadyAsync("10.96.1.11", 80, "guarded:http");
        foreach (var harm in (string[])["iptables -t nat -F", "iptables -t nat -F KUBE-SERVICES", "iptables -t nat -D PREROUTING -m comment --comment 'kubernetes service portals' -j KUBE-SERVICES", "nft delete table ip nat"])
        {
            Node.Run("node", harm);

            await TestNode.EventuallyAsync(async () => await Node.AskAsync("p2", "10.96.1.11", 80, 500) is { } answer && answer.StartsWith("p1", StringComparison.Ordinal), $"repaired after {harm}");
            await TestNode.EventuallyAsync(() => Task.FromResult(Difference().Length == 0), $"all is back after {harm}");
        }

        await TestNode.EventuallyAsync(() => Task.FromResult(Node.Api.Events.Any(text => text.StartsWith("ForeignChange", StringComparison.Ordinal))), "the event");
    }

    [Fact]
    public async Task ForeignRule_ElsewhereInTheTables_IsLeftAlone()
    {
        Publish("calm", "10.96.1.41", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ReadyAsync("10.96.1.41", 80, "calm:http");

        Node.Run("node", "iptables -t nat -N CNI-TEST; iptables -t nat -A CNI-TEST -j RETURN; iptables -A INPUT -p tcp --dport 9 -j DROP");
        Publish("calm", "10.96.1.41", "http/TCP/80", "http/TCP/8080", "10.244.0.3");
        await TestNode.EventuallyAsync(async () => (await Node.AskAsync("p3", "10.96.1.41", 80))?.StartsWith("p2", StringComparison.Ordinal) == true, "the exchange");

        Assert.Contains("-A CNI-TEST -j RETURN", Node.Run("node", "iptables-save"));
        Assert.Contains("--dport 9 -j DROP", Node.Run("node", "iptables-save"));
        Node.Run("node", "iptables -t nat -F CNI-TEST; iptables -t nat -X CNI-TEST; iptables -D INPUT -p tcp --dport 9 -j DROP");
    }

    [Fact]
    public async Task Restart_WithCorrectChains_SendsNothing()
    {
        Publish("kept", "10.96.1.12,fd96::1:12", "http/TCP/80/30092 dns/UDP/53", "http/TCP/8080 dns/UDP/5353", "10.244.0.2 10.244.0.3 10.244.0.4", "fd44::2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        Publish("kept-sticky", "10.96.1.13,fd96::1:13", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3", "fd44::2 fd44::3", spec: ",\"sessionAffinity\":\"ClientIP\"");
        Publish("kept-empty", "10.96.1.42,fd96::1:42", "http/TCP/80/30142", "http/TCP/8080", "");
        await ReadyAsync("10.96.1.12", 80, "kept:http");
        await ReadyAsync("10.96.1.13", 80, "kept-sticky:http");
        await TestNode.EventuallyAsync(() => Task.FromResult(Refuses("kept-empty:http") && Difference().Length == 0), "everything is programmed");
        await Node.StopProxyAsync();
        var before = Node.Generation();

        await Node.StartProxyAsync();

        Assert.Equal(before, Node.Generation());
        Assert.Contains((await Node.AskAsync("p1", "10.96.1.12", 80))?.Split(' ')[0], (string[])["p1", "p2", "p3"]);
    }

    [Fact]
    public async Task Trace_FirstPacketOfAConnection_ShowsTheRulesItMet_AndLeavesNoRule()
    {
        Assert.SkipWhen(new IptablesPrograms(Node["node"]).IsLegacy, "lacks: iptables-nft");
        Publish("traced", "10.96.1.43", "http/TCP/80", "http/TCP/8080", "10.244.0.3");
        await ReadyAsync("10.96.1.43", 80, "traced:http");

        var steps = new IptablesTrace(Node["node"]).Run(
            new(IpProtocol.Tcp, TestData.Ip("10.244.0.2"), TestData.Ip("10.96.1.43"), 80),
            TimeSpan.FromSeconds(60),
            () => _ = Node.AskAsync("p1", "10.96.1.43", 80),
            TestContext.Current.CancellationToken);

        var hash = KubeChains.HashOf("default/traced:http", IpProtocol.Tcp);
        var endpoint = KubeChains.Endpoint("default/traced:http", IpProtocol.Tcp, TestData.At("10.244.0.3", 8080));
        string[] chains = [.. steps.Where(step => step.Number > 0).Select(step => $"{step.Table} {step.Chain}")];
        Assert.Equal(["nat PREROUTING", "nat KUBE-SERVICES", $"nat KUBE-SVC-{hash}", $"nat {endpoint}"], chains.Where(chain => chain.StartsWith("nat", StringComparison.Ordinal)).Take(4));
        Assert.Contains("filter FORWARD", chains);
        Assert.Contains("nat KUBE-POSTROUTING", chains);
        Assert.Contains(steps, step => step.Rule.Contains("default/traced:http cluster IP", StringComparison.Ordinal) && step.Verdict == $"jump KUBE-SVC-{hash}");
        Assert.Contains(steps, step => step.Chain == endpoint && step.Rule.EndsWith("-j DNAT --to-destination 10.244.0.3:8080", StringComparison.Ordinal));
        Assert.DoesNotContain("TRACE", Node.Run("node", "iptables-save -t raw"));
    }

    [Fact]
    public async Task Trace_NoPacketOrKilled_LeavesNoRule()
    {
        Assert.SkipWhen(new IptablesPrograms(Node["node"]).IsLegacy, "lacks: iptables-nft");
        var none = new IptablesTrace(Node["node"]).Run(new(IpProtocol.Udp, TestData.Ip("fd44::2"), TestData.Ip("fd96::1:99"), 53), TimeSpan.FromMilliseconds(50), cancel: TestContext.Current.CancellationToken);
        Assert.Empty(none);
        Assert.DoesNotContain("TRACE", Node.Run("node", "ip6tables-save -t raw"));
        foreach (var byProxy in (bool[])[false, true])
        {
            using var trace = ProxyProcess.StartTrace(Node.NameOf("node"), "10.244.0.2", "10.96.1.44", 80);
            await TestNode.EventuallyAsync(() => Task.FromResult(trace.Log.Contains("ready", StringComparison.Ordinal)), "the trace");
            Assert.Equal(0, IptablesTrace.RemoveLeftovers(Node["node"]));
            // Its guard first, which else would take the rule away.
            var guard = int.Parse(Node.Run("node", $"pgrep -P {trace.Id} -x sh").Trim());
            Node.Run("node", $"kill -9 {guard}");
            await trace.KillAsync();
            Assert.Contains("TRACE", Node.Run("node", "iptables-save -t raw"));

            if (byProxy)
            {
                await Node.StopProxyAsync();
                await Node.StartProxyAsync();
                await TestNode.EventuallyAsync(() => Task.FromResult(!Node.Run("node", "iptables-save -t raw").Contains("TRACE", StringComparison.Ordinal)), "the proxy's start removes it");
            }
            else
            {
                Assert.Equal(2, IptablesTrace.RemoveLeftovers(Node["node"]));
            }

            Assert.DoesNotContain("TRACE", Node.Run("node", "iptables-save -t raw"));
        }
    }

    private protected override bool Leads(string? address, ushort port, string name)
    {
        var nat = Node.ListIptables(address?.Contains(':') == true ? IpFamily.V6 : IpFamily.V4).Chains(IptablesTable.Nat);
        return nat.TryGetValue(address is null ? KubeChains.NodePorts : KubeChains.Services, out var rules) && rules.Any(rule =>
            rule.Matches.OfType<IptablesMatch.Comment>().Any(comment => comment.Text.Split(' ')[0] == $"default/{name}")
            && rule.Matches.OfType<IptablesMatch.Port>().Any(match => match.Destination == port)
            && (address is null || rule.Destination == IpPrefix.Host(TestData.Ip(address))));
    }

    private protected override bool Refuses(string name) =>
        Node.ListIptables(IpFamily.V4).Chains(IptablesTable.Filter).TryGetValue(KubeChains.Services, out var rules) && rules.Any(rule => rule.ToString().Contains($"\"default/{name} has no endpoints\"", StringComparison.Ordinal));

    /// <summary>What the kernel has otherwise than the model.</summary>
    private string Difference() => string.Concat(((IpFamily[])[IpFamily.V4, IpFamily.V6]).Select(family =>
        IptablesDiff.Between(Node.ListIptables(family), ((IptablesDataPlane)Node.Proxy.DataPlane).Model(family)!).ToRestoreText()));
}
