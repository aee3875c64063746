using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.FakeApi;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>The program in mode ipvs: restarts, flags, --cleanup, --dry-run.</summary>
public sealed class IpvsProcessTests(IpvsNode node) : IClassFixture<IpvsNode>, IAsyncLifetime
{
    private readonly FakeApiServer api = new();

    private string[] Flags => [$"--master={api.Address}", "--hostname-override=node1", "--cluster-cidr=10.244.0.0/16,fd44::/16", "--metrics-bind-address=", "--healthz-bind-address=127.0.0.1:10256", "--sync-period=5s"];

    public async ValueTask InitializeAsync()
    {
        if (!UmlGuest.IsInside)
        {
            return;
        }

        if (node.HasProxy)
        {
            await node.StopProxyAsync();
        }

        // Not the program: a start of it costs seconds in the guest.
        using (var kernel = node["node"].Run(ProxyKernel.Open))
        {
            ServiceDataPlanes.Remove(new(), kernel, NullLogger.Instance);
        }

        await api.StartAsync(node["node"]);
        api.Set(Nodes, "", "node1", Node("node1"));
        api.Set(Services, "default", "web", Service("web", "10.96.3.1", "http/TCP/80/30301"));
        api.Set(Slices, "default", "web-IPv4", Slice("web", "http/TCP/8080", "10.244.0.3 10.244.0.4"));
    }

    public async ValueTask DisposeAsync()
    {
        if (UmlGuest.IsInside)
        {
            await api.DisposeAsync();
        }
    }

    [UmlFact]
    public async Task Cleanup_AfterSigterm_LeavesNothing()
    {
        var before = State();
        using var proxy = Start("ipvs");
        await ServedAsync();
        proxy.Terminate();
        Assert.Equal(0, (await proxy.EndAsync()).ExitCode);
        // The data path stays without the process.
        Assert.NotNull(await node.AskAsync("p1", "10.96.3.1", 80));
        Assert.Contains("KUBE-CLUSTER-IP", node.Run("node", "ipset -n list"), StringComparison.Ordinal);

        Assert.Equal(0, (await ProxyProcess.Start(node.NameOf("node"), "--cleanup").EndAsync()).ExitCode);

        Assert.Equal(before, State());
        Assert.Equal(string.Empty, node.Run("node", "ipset -n list; ipvsadm -Sn; ip link show kube-ipvs0 2>/dev/null || true"));
        Assert.DoesNotContain("KUBE", node.Run("node", "iptables-save; ip6tables-save"), StringComparison.Ordinal);
    }

    [UmlFact]
    public async Task Kill9_ThenARestart_ConnectionsGoOnAndNothingIsWrittenAnew()
    {
        using var first = Start("ipvs");
        await ServedAsync();
        using var kept = node["p1"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.3.1"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        _ = await kept.ReceiveAsync(buffer);
        await first.KillAsync();
        Assert.NotNull(await node.AskAsync("p1", "10.96.3.1", 80));
        var before = State();

        using var second = Start("ipvs");
        await TestNode.EventuallyAsync(() => Task.FromResult(second.Log.Contains("kube", StringComparison.Ordinal) || second.Log.Length > 0), "it runs");
        await ServedAsync();
        await kept.SendAsync("on"u8.ToArray());

        Assert.Equal("on", Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));
        Assert.Equal(before, State());
        // It says when something differed.
        Assert.DoesNotContain("read back", second.Log, StringComparison.Ordinal);
    }

    [UmlFact]
    public async Task Flags_OfTheMode_AreTheKernels_AndForeignServicesInExcludedCidrsAreLeftAlone()
    {
        node.Run("node", "ipvsadm -A -t 10.77.0.1:80 -s rr; ipvsadm -A -t 10.78.0.1:80 -s rr");
        using var proxy = Start("ipvs", "--ipvs-scheduler=wrr", "--ipvs-tcp-timeout=600s", "--ipvs-udp-timeout=30s", "--ipvs-strict-arp", "--ipvs-exclude-cidrs=10.77.0.0/16");
        await ServedAsync();
        Assert.Contains("TCP  10.96.3.1:80 wrr", node.Run("node", "ipvsadm -Ln"), StringComparison.Ordinal);
        Assert.Matches(@"600 \d+ 30", node.Run("node", "ipvsadm -L --timeout"));
        Assert.Equal(("1", "2"), (node["node"].ReadSysctl("net/ipv4/conf/all/arp_ignore"), node["node"].ReadSysctl("net/ipv4/conf/all/arp_announce")));
        await TestNode.EventuallyAsync(() => Task.FromResult(!node.Run("node", "ipvsadm -Sn").Contains("10.78.0.1", StringComparison.Ordinal)), "the other one is removed");
        Assert.Contains("10.77.0.1:80", node.Run("node", "ipvsadm -Sn"), StringComparison.Ordinal);
        await proxy.KillAsync();
        node.Run("node", "ipvsadm -D -t 10.77.0.1:80");
    }

    [UmlFact]
    public async Task DryRun_PrintsOperations_AndChangesNothing()
    {
        var before = State();
        using var proxy = Start("ipvs", "--dry-run");
        var (exitCode, output) = await proxy.EndAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("-a -t 10.96.3.1:80 -r 10.244.0.3:8080 -m -w 1", output, StringComparison.Ordinal);
        Assert.Contains("ipset add KUBE-CLUSTER-IP 10.96.3.1,tcp:80", output, StringComparison.Ordinal);
        Assert.Contains("ip address add 10.96.3.1/32 dev kube-ipvs0", output, StringComparison.Ordinal);
        Assert.Contains("-A KUBE-SERVICES", output, StringComparison.Ordinal);
        Assert.Equal(before, State());
    }

    private ProxyProcess Start(string mode, params string[] more) => ProxyProcess.Start(node.NameOf("node"), [.. Flags, $"--proxy-mode={mode}", .. more]);

    private Task ServedAsync() => TestNode.EventuallyAsync(
        async () => node.Run("node", "ipvsadm -Sn").Contains("-r 10.244.0.3:8080", StringComparison.Ordinal) && node.Run("node", "ip -o addr show").Contains("10.96.3.1/32", StringComparison.Ordinal)
            && await node.AskAsync("p1", "10.96.3.1", 80, 500) is { } answer && answer.StartsWith('p') && node.Get("node", "127.0.0.1", 10256, "/healthz").Contains(" 200 ", StringComparison.Ordinal),
        "the Service is served, and all else is programmed");

    private string State() => string.Join(
        '\n',
        node.Run("node", "ipvsadm -Sn; ip -o addr show dev kube-ipvs0 2>/dev/null | sed 's/.*inet/inet/'; ipset save; iptables-save; ip6tables-save")
            .Split('\n').Where(line => !line.StartsWith('#') && !line.StartsWith(':') && !line.StartsWith('*') && line != "COMMIT").Order());
}
