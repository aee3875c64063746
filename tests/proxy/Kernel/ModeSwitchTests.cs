using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Config;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>From one mode to another under load, and --cleanup.</summary>
public sealed class ModeSwitchTests(TestNode node) : IClassFixture<TestNode>
{
    [Fact]
    public async Task Switch_ThereAndBack_FailsNoConnectionAndLeavesNothingOfTheOld()
    {
        Publish();
        await AnswersAsync();
        using var kept = node["p1"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.4.1"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        Assert.True(await kept.ReceiveAsync(buffer) > 0);
        using var end = new CancellationTokenSource();
        Task<List<string>>[] clients =
        [
            ConnectAsync("p1", "10.96.4.1", 80, end.Token), ConnectAsync("p2", "fd96::4:1", 80, end.Token), ConnectAsync("node", "10.96.4.1", 80, end.Token),
            ConnectAsync("client", "10.89.0.11", 30401, end.Token), ConnectAsync("client", "203.0.113.41", 80, end.Token),
        ];

        foreach (var mode in (ProxyMode[])[ProxyMode.Iptables, ProxyMode.Nftables, ProxyMode.Iptables, ProxyMode.Nftables])
        {
            await node.StopProxyAsync();
            await node.StartProxyAsync(mode: mode);
            await TestNode.EventuallyAsync(() => Task.FromResult(IsGone(mode == ProxyMode.Nftables ? ProxyMode.Iptables : ProxyMode.Nftables)), $"nothing of the old mode is left after the switch to {mode}");
            Assert.False(IsGone(mode));
            await kept.SendAsync("still here"u8.ToArray());
            Assert.Equal("still here", Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));
        }

        await end.CancelAsync();
        foreach (var failures in await Task.WhenAll(clients))
        {
            Assert.Empty(failures);
        }

        Assert.Equal("0", node["node"].ReadSysctl("net/ipv4/conf/all/route_localnet"));
    }

    [Fact]
    public async Task Cleanup_AfterEveryModeAndKubeProxy_LeavesOnlyWhatIsOthers()
    {
        Publish();
        await AnswersAsync();
        await node.StopProxyAsync();
        node.Run("node", """
            iptables -A INPUT -p tcp --dport 22 -j ACCEPT
            iptables -t nat -N CNI-HOSTPORT; iptables -t nat -A CNI-HOSTPORT -p tcp --dport 8 -j RETURN; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT
            nft add table ip other; nft add chain ip other kept
            # ip6tables leaves its tables where it made them; whether another test had it make them before is nothing that counts.
            ip6tables -N OTHER; ip6tables -X OTHER; ip6tables -t nat -N OTHER; ip6tables -t nat -X OTHER
            """);
        var before = State();
        await node.StartProxyAsync(mode: ProxyMode.Iptables);
        await TestNode.EventuallyAsync(() => Task.FromResult(IsGone(ProxyMode.Nftables)), "the switch");
        await node.StopProxyAsync();
        // What kube-proxy's nftables mode leaves, and its iptables mode with a stale Service.
        node.Run("node", """
            nft add table ip kube-proxy; nft add chain ip kube-proxy services; nft add table ip6 kube-proxy
            iptables -t nat -N KUBE-SVC-AAAAAAAAAAAAAAAA; iptables -t nat -A KUBE-SERVICES -d 10.96.77.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-AAAAAAAAAAAAAAAA
            """);

        var (exitCode, _) = await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(before.Where(line => !line.Contains("podwire", StringComparison.Ordinal)), State());
        Assert.Equal("0", node["node"].ReadSysctl("net/ipv4/conf/all/route_localnet"));
        var (again, _) = await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync();
        Assert.Equal(0, again);
        node.Run("node", "iptables -D INPUT -p tcp --dport 22 -j ACCEPT; iptables -t nat -F; iptables -t nat -X CNI-HOSTPORT; nft delete table ip other");
        await node.StartProxyAsync();
    }

    [Fact]
    public void Legacy_SameChains_AreWrittenReadBackRepairedAndRemoved()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/iptables-legacy-restore"), "lacks: iptables-legacy");
        var programs = new IptablesPrograms(node["client"], IptablesVariant.Legacy);
        Assert.True(programs.IsLegacy);
        var sync = new IptablesSync(programs, IpFamily.V4, NullLogger.Instance);
        var settings = Iptables.IptablesModelTests.Settings(IpFamily.V4, localhost: true);
        var service = TestData.Service() with { AffinitySeconds = 600, SourceRanges = [IpPrefix.Parse("198.51.100.0/24")], LoadBalancerIps = [TestData.Ip("203.0.113.9")], ExternalLocal = true };
        var empty = TestData.Service("empty", "10.96.0.20");
        var one = TestData.Snapshot(TestData.With(service, TestData.Endpoint("10.244.0.2"), TestData.Endpoint("10.244.0.3"), TestData.Endpoint("10.244.0.4", "node2")), TestData.With(empty));

        Assert.Equal(1, sync.Sync(one, settings).Batches);
        Assert.Empty(IptablesDiff.Between(programs.List(IpFamily.V4), sync.Model!).ToRestoreText());
        sync.Sync(TestData.Snapshot(TestData.With(service, TestData.Endpoint("10.244.0.2"))), settings);
        Assert.Empty(IptablesDiff.Between(programs.List(IpFamily.V4), sync.Model!).ToRestoreText());
        node.Run("client", "iptables-legacy -t nat -F");
        sync.Distrust();
        Assert.Equal(1, sync.Sync(null, settings).Batches);
        Assert.Empty(IptablesDiff.Between(programs.List(IpFamily.V4), sync.Model!).ToRestoreText());

        programs.Restore(IpFamily.V4, IptablesDiff.Removing(programs.List(IpFamily.V4)).ToRestoreText());
        Assert.DoesNotContain("KUBE", programs.Save(IpFamily.V4));
    }

    [Fact]
    public async Task Canary_OfLegacyTables_IsMissedAfterAFlush()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/iptables-legacy-restore"), "lacks: iptables-legacy");
        var programs = new IptablesPrograms(node["p3"], IptablesVariant.Legacy);
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            new IptablesSync(programs, family, NullLogger.Instance).Sync(TestData.Snapshot(), Iptables.IptablesModelTests.Settings(family));
        }

        var gone = new TaskCompletionSource();
        var calls = 0;
        using var end = new CancellationTokenSource();
        var watching = new IptablesCanary(programs, TimeSpan.FromMilliseconds(50), () => { calls++; gone.TrySetResult(); }, NullLogger.Instance).RunAsync(end.Token);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(0, calls);

        node.Run("p3", "iptables-legacy -t mangle -X KUBE-PROXY-CANARY");

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        node.Run("p3", "for t in filter nat mangle; do iptables-legacy -t $t -F; iptables-legacy -t $t -X; ip6tables-legacy -t $t -F; ip6tables-legacy -t $t -X; done");
    }

    [Fact]
    public void Restore_WhatIptablesRefuses_SaysWhichLineAndWhy()
    {
        var programs = new IptablesPrograms(node["client"]);

        var failure = Assert.Throws<IptablesException>(() => programs.Restore(IpFamily.V4, "*nat\n:KUBE-TEST - [0:0]\n-A KUBE-TEST -m conntrack --ctstate WRONG -j DROP\nCOMMIT\n"));

        Assert.Contains("-A KUBE-TEST -m conntrack --ctstate WRONG -j DROP", failure.Message);
        Assert.DoesNotContain("KUBE-TEST", programs.Save(IpFamily.V4));
    }

    private void Publish()
    {
        node.Api.Set(Services, "default", "both", Service("both", "10.96.4.1,fd96::4:1", "http/TCP/80/30401", ",\"type\":\"LoadBalancer\"", """{"loadBalancer":{"ingress":[{"ip":"203.0.113.41"}]}}"""));
        node.Api.Set(Slices, "default", "both-IPv4", Slice("both", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4"));
        node.Api.Set(Slices, "default", "both-IPv6", Slice("both", "http/TCP/8080", "fd44::2 fd44::3 fd44::4", "IPv6"));
    }

    private Task AnswersAsync() => TestNode.EventuallyAsync(
        async () => await node.AskAsync("p1", "10.96.4.1", 80, 300) is { } v4 and not "timeout" && v4.Length > 0
            && await node.AskAsync("p2", "fd96::4:1", 80, 300) is { } v6 and not "timeout" && v6.Length > 0
            && await node.AskAsync("client", "203.0.113.41", 80, 300) is { } outside and not "timeout" && outside.Length > 0,
        "the Service answers");

    private async Task<List<string>> ConnectAsync(string from, string address, int port, CancellationToken end)
    {
        var failures = new List<string>();
        for (var i = 1; !end.IsCancellationRequested; i++)
        {
            if (await node.AskAsync(from, address, port) is not { Length: > 0 } answer || answer == "timeout")
            {
                failures.Add($"connection {i} from {from} to {address}:{port} failed");
            }
        }

        return failures;
    }

    private bool IsGone(ProxyMode mode) => mode == ProxyMode.Nftables
        ? node.ReadTable(TableSchema.V4.Id) is null && node.ReadTable(TableSchema.V6.Id) is null
        : !node.Run("node", "iptables-save; ip6tables-save").Contains("KUBE-", StringComparison.Ordinal);

    /// <summary>Tables, chains and rules of the node, without counters.</summary>
    /// <summary>What the tables hold. That iptables-nft makes an empty mangle or raw table when one is looked at is nobody's rule.</summary>
    private List<string> State() =>
        [.. node.Run("node", "iptables-save; nft list tables").Split('\n')
            .Where(line => line.Length > 0 && line[0] is not '#' and not ':' && line is not ("*mangle" or "*raw" or "table ip mangle" or "table ip raw" or "table ip6 mangle" or "table ip6 raw"))
            .Distinct().Order(StringComparer.Ordinal)];
}
