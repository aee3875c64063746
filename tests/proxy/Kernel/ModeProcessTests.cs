using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.FakeApi;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The program itself in mode iptables and beside what kube-proxy left: --dry-run, explain, failing programs, health checks from outside.</summary>
public sealed class ModeProcessTests(TestNode node) : IClassFixture<TestNode>, IAsyncLifetime
{
    private readonly FakeApiServer api = new();

    private string Master => $"--master={api.Address}";

    private string[] Flags => [Master, "--hostname-override=node1", "--cluster-cidr=10.244.0.0/16,fd44::/16", "--metrics-bind-address=127.0.0.1:10249", "--healthz-bind-address=127.0.0.1:10256", "--min-sync-period=0s"];

    public async ValueTask InitializeAsync()
    {
        if (node.HasProxy)
        {
            await node.StopProxyAsync();
        }

        Assert.Equal(0, (await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync()).ExitCode);
        await api.StartAsync(node["node"]);
        api.Set(Nodes, "", "node1", Node("node1"));
        api.Set(Services, "default", "web", Service("web", "10.96.9.1", "http/TCP/80/30901"));
        api.Set(Slices, "default", "web-IPv4", Slice("web", "http/TCP/8080", "10.244.0.3 10.244.0.4"));
    }

    public async ValueTask DisposeAsync()
    {
        await api.DisposeAsync();
    }

    [Fact]
    public async Task DryRun_ModeIptables_PrintsWhatIptablesRestoreTakes_AndChangesNothing()
    {
        var before = Rules();
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, "--proxy-mode=iptables", "--dry-run"]);
        var (exitCode, output) = await proxy.EndAsync();

        Assert.Equal((0, before), (exitCode, Rules()));
        Assert.Contains("# iptables-restore --noflush", output);
        Assert.Contains("# ip6tables-restore --noflush", output);
        var v4 = output[..output.IndexOf("# ip6tables-restore", StringComparison.Ordinal)];
        var listed = node.Run("p3", "iptables-restore --noflush && iptables-save; nft flush ruleset", v4);
        Assert.Contains("-j DNAT --to-destination 10.244.0.4:8080", listed);
        Assert.Contains("default/web:http cluster IP", listed);
    }

    [Theory]
    [InlineData("nftables")]
    [InlineData("iptables")]
    public async Task HealthCheckNodePort_AskedFromOutside_AnswersAtTheNodesAddress(string mode)
    {
        const string Spec = ",\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",\"healthCheckNodePort\":30999";
        api.Set(Services, "default", "checked", Service("checked", "10.96.9.2", "http/TCP/80/30902", Spec));
        api.Set(Slices, "default", "checked-IPv4", Slice("checked", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.9.3@node2"));
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, $"--proxy-mode={mode}"]);
        await TestNode.EventuallyAsync(() => Task.FromResult(Ask().Contains(" 200 ", StringComparison.Ordinal)), "the health check answers");
        var answer = Ask();
        Assert.Contains("X-Load-Balancing-Endpoint-Weight: 2", answer);
        Assert.Contains("\"localEndpoints\":2", answer.Replace(" ", string.Empty, StringComparison.Ordinal));
        if (mode == "iptables")
        {
            Assert.Contains("--dport 30999 -j ACCEPT", node.Run("node", "iptables-save -t filter"));
        }

        api.Set(Slices, "default", "checked-IPv4", Slice("checked", "http/TCP/8080", "10.244.9.3@node2"));
        await TestNode.EventuallyAsync(() => Task.FromResult(Ask().Contains(" 503 ", StringComparison.Ordinal)), "503 without a local endpoint");
        Assert.Contains("X-Load-Balancing-Endpoint-Weight: 0", Ask());
        await proxy.KillAsync();

        string Ask() => node.Get("client", "10.89.0.11", 30999, "/healthz");
    }

    [Fact]
    public async Task KubeProxysTable_LeftInTheSameMode_GoesOnceOurRulesStand_WithoutADroppedConnection()
    {
        // The shape of kube-proxy's table, cut down to one Service whose only endpoint it knows is p1.
        const string Left = """
            table ip kube-proxy {
              chain services { ip daddr 10.96.9.1 tcp dport 80 dnat to 10.244.0.2:8080; }
              chain nat-prerouting { type nat hook prerouting priority -100; policy accept; jump services; }
              chain nat-output { type nat hook output priority -100; policy accept; jump services; }
            }
            table ip6 kube-proxy {
              chain services {
              }
            }
            """;
        node.Run("node", "nft -f -", Left);
        using var kept = await ConnectAsync("p3", "10.96.9.1", 80);
        using var proxy = ProxyProcess.Start(node.NameOf("node"), Flags);

        await TestNode.EventuallyAsync(() => Task.FromResult(!Tables().Contains("kube-proxy", StringComparison.Ordinal) && Tables().Contains("podwire-proxy", StringComparison.Ordinal)), "only our table is there");

        Assert.Equal(["p2", "p3"], (await node.AskAllAsync("p1", "10.96.9.1", 80, "p2", "p3")).Order());
        Assert.Equal("still", await EchoAsync(kept, "still"));
        Assert.Contains("what kube-proxy's mode nftables left was removed", proxy.Log);
        // Whoever runs both is not fought with: it is done once, at the start.
        node.Run("node", "nft -f -", Left);
        api.Set(Slices, "default", "web-IPv4", Slice("web", "http/TCP/8080", "10.244.0.3"));
        await TestNode.EventuallyAsync(() => Task.FromResult(node.ReadTable(TableSchema.V4.Id)!.FindSet("service-endpoints")!.Elements.Count == 1), "the change");
        Assert.Contains("table ip kube-proxy", Tables());
        await proxy.KillAsync();
        Assert.Equal(0, (await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync()).ExitCode);
        Assert.DoesNotContain("proxy", Tables());

        string Tables() => node.Run("node", "nft list tables");
    }

    [Fact]
    public async Task IptablesRestore_ThatFailsForAWhile_IsCountedAndMadeGood_AndTheOtherFamilyIsServed()
    {
        var folder = Directory.CreateTempSubdirectory("podwire-iptables").FullName;
        try
        {
            var real = node.Run("node", "command -v iptables-restore").Trim();
            var program = Path.Combine(folder, "iptables-restore");
            await File.WriteAllTextAsync(program, $"#!/bin/sh\n[ ! -e {folder}/broken ] || {{ echo 'iptables-restore: line 2 failed' >&2; exit 1; }}\nexec {real} \"$@\"\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var proxy = ProxyProcess.StartWithPrograms(node.NameOf("node"), folder, [.. Flags, "--proxy-mode=iptables"]);
            await TestNode.EventuallyAsync(async () => (await node.AskAsync("p1", "10.96.9.1", 80, 500))?.StartsWith('p') == true, "it is served");
            await TestNode.EventuallyAsync(() => Task.FromResult(Metric("sync_proxy_rules_iptables_total{table=\"nat\",ip_family=\"IPv4\"}") > 0), "rules are counted");
            Assert.Equal(RuleLines("nat"), Metric("sync_proxy_rules_iptables_total{table=\"nat\",ip_family=\"IPv4\"}"));
            Assert.Equal(RuleLines("filter"), Metric("sync_proxy_rules_iptables_total{table=\"filter\",ip_family=\"IPv4\"}"));
            Assert.Equal(0, Metric("sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv4\"}"));
            Assert.DoesNotContain("nftables_sync_failures", node.Get("node", "127.0.0.1", 10249, "/metrics"));

            await File.WriteAllTextAsync(Path.Combine(folder, "broken"), string.Empty, TestContext.Current.CancellationToken);
            api.Set(Services, "default", "late", Service("late", "10.96.9.3,fd96::9:3", "http/TCP/80"));
            api.Set(Slices, "default", "late-IPv4", Slice("late", "http/TCP/8080", "10.244.0.2"));
            api.Set(Slices, "default", "late-IPv6", Slice("late", "http/TCP/8080", "fd44::2", "IPv6"));
            await TestNode.EventuallyAsync(async () => (await node.AskAsync("p3", "fd96::9:3", 80, 500))?.StartsWith("p1", StringComparison.Ordinal) == true, "the other family");
            await TestNode.EventuallyAsync(() => Task.FromResult(Metric("sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv4\"}") > 1), "failures");
            // The first of them was of the changed chains alone; those after it compared everything.
            Assert.Equal(1, Metric("sync_proxy_rules_iptables_partial_restore_failures_total{ip_family=\"IPv4\"}"));
            Assert.Equal(0, Metric("sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv6\"}"));
            Assert.Contains("iptables-restore ended with 1", proxy.Log);
            Assert.StartsWith("p", await node.AskAsync("p1", "10.96.9.1", 80));

            File.Delete(Path.Combine(folder, "broken"));
            await TestNode.EventuallyAsync(async () => (await node.AskAsync("p3", "10.96.9.3", 80, 500))?.StartsWith("p1", StringComparison.Ordinal) == true, "it converges");
            await TestNode.EventuallyAsync(() => Task.FromResult(RuleLines("nat") == Metric("sync_proxy_rules_iptables_total{table=\"nat\",ip_family=\"IPv4\"}")), "the count");
            await proxy.KillAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        int RuleLines(string table) => node.Run("node", $"iptables-save -t {table}").Split('\n').Count(static line => line.StartsWith("-A KUBE-", StringComparison.Ordinal));

        double Metric(string name)
        {
            var line = node.Get("node", "127.0.0.1", 10249, "/metrics").Split('\n').FirstOrDefault(line => line.StartsWith($"kubeproxy_{name} ", StringComparison.Ordinal));
            return line is null ? -1 : double.Parse(line.Split(' ')[^1].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Explain_ModeIptables_TellsRulesEndpointsAndOutcome_AndTracesAPacket()
    {
        api.Set(Slices, "default", "web-IPv4", Slice("web", "http/TCP/8080", "10.244.0.3 10.244.0.4 10.244.0.9@node1@s 10.244.0.10@node2@st"));
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, "--proxy-mode=iptables"]);
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("p1", "10.96.9.1", 80, 500))?.StartsWith('p') == true, "it is served");
        // It is not told the mode: it finds the chains.
        using var explain = ProxyProcess.StartExplain(node.NameOf("node"), ["10.244.0.2", "web:http", Master, "--hostname-override=node1", "--cluster-cidr=10.244.0.0/16,fd44::/16", "--trace"]);
        await TestNode.EventuallyAsync(() => Task.FromResult(explain.Log.Contains("make one now", StringComparison.Ordinal)), "the trace");
        Assert.Contains("TRACE", node.Run("node", "iptables-save -t raw"));
        Assert.StartsWith("p", await node.AskAsync("p1", "10.96.9.1", 80));

        var (exitCode, text) = await explain.EndAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains("connection  10.244.0.2 -> 10.96.9.1:80/tcp, coming in at cni0", text);
        Assert.Contains("frontend    Service default/web, port http, by its cluster IP", text);
        Assert.Matches(@"nat KUBE-SERVICES \d+: -d 10\.96\.9\.1/32 .* -j KUBE-SVC-\w+   # so far [1-9]\d* connections", text);
        Assert.Matches(@"nat KUBE-SEP-\w+ \d+: .*--to-destination 10\.244\.0\.3:8080", text);
        Assert.Contains("10.244.0.3:8080 on node1: one of 2", text);
        Assert.Contains("10.244.0.9:8080 on node1: left out: not ready", text);
        Assert.Contains("10.244.0.10:8080 on node2: left out: terminating: only where none is ready", text);
        Assert.Contains("outcome     sent to one of 2 endpoints, each as likely; the endpoint sees the client's address", text);
        Assert.DoesNotContain("\nbut ", text);
        Assert.Matches(@"trace +raw PREROUTING|trace +nat PREROUTING", text);
        Assert.Matches(@"nat KUBE-SERVICES \d+: .*10\.96\.9\.1/32.* => jump KUBE-SVC-\w+", text);
        Assert.DoesNotContain("TRACE", node.Run("node", "iptables-save -t raw"));
        await proxy.KillAsync();
    }

    [Theory]
    [InlineData("-9", 137)]
    [InlineData("-TERM", 1)]
    public async Task Explain_TraceThatIsKilled_LeavesNoRule(string signal, int exit)
    {
        using var proxy = ProxyProcess.Start(node.NameOf("node"), [.. Flags, "--proxy-mode=iptables"]);
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("p1", "10.96.9.1", 80, 500))?.StartsWith('p') == true, "it is served");
        using var explain = ProxyProcess.StartExplain(node.NameOf("node"), ["10.244.0.2", "web:http", Master, "--hostname-override=node1", "--trace", "--trace-timeout=1h"]);
        await TestNode.EventuallyAsync(() => Task.FromResult(explain.Log.Contains("make one now", StringComparison.Ordinal)), "the trace");
        Assert.Contains("TRACE", node.Run("node", "iptables-save -t raw"));

        node.Run("node", $"kill {signal} {explain.Id}");

        Assert.Equal(exit, (await explain.EndAsync()).ExitCode);
        await TestNode.EventuallyAsync(() => Task.FromResult(!node.Run("node", "iptables-save -t raw").Contains("TRACE", StringComparison.Ordinal)), "the rule is gone");
        await proxy.KillAsync();
    }

    private string Rules() => string.Join('\n', node.Run("node", "iptables-save; ip6tables-save; nft list tables").Split('\n').Where(static line => line.StartsWith('-') || line.StartsWith("table", StringComparison.Ordinal)).Order());

    private async Task<Socket> ConnectAsync(string from, string address, int port)
    {
        var socket = node[from].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(IPAddress.Parse(address), port, TestContext.Current.CancellationToken);
        Assert.True(await socket.ReceiveAsync(new byte[64]) > 0);
        return socket;
    }

    private static async Task<string> EchoAsync(Socket socket, string text)
    {
        var buffer = new byte[64];
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
