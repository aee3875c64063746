using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Kube;
using Podwire.Primitives;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Schedulers, other modes before and after, explain.</summary>
public sealed partial class IpvsTrafficTests
{
    [UmlTheory]
    [InlineData("lc", "")]
    [InlineData("dh", "")]
    [InlineData("sh", "")]
    [InlineData("mh", "(mh-port)")]
    public async Task Scheduler_AskedFor_IsTheKernels_AndServes(string scheduler, string flags)
    {
        traffic.Make("scheduled", "10.96.2.20", "http/TCP/80", "http/TCP/8080", "10.244.0.3 10.244.0.4");
        await node.StopProxyAsync();
        await node.StartProxyAsync(with: options => options with { Ipvs = options.Ipvs with { Scheduler = scheduler } });

        Assert.Contains($"TCP  10.96.2.20:80 {scheduler} {flags}".TrimEnd(), node.Run("node", "ipvsadm -Ln"), StringComparison.Ordinal);
        Assert.StartsWith("p", await node.AskAsync("p1", "10.96.2.20", 80));
        await node.StopProxyAsync();
        await node.StartProxyAsync();
        Assert.Contains("TCP  10.96.2.20:80 rr", node.Run("node", "ipvsadm -Ln"), StringComparison.Ordinal);
    }

    [UmlFact]
    public async Task ModeSwitch_ToIptablesAndBack_FailsNoConnection_AndLeavesNothingOfTheOld()
    {
        traffic.Make("both", "10.96.2.21", "http/TCP/80/30221", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4");
        await traffic.ProgrammedAsync("10.96.2.21", 80, "both:http");
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("p1", "10.96.2.21", 80, 500))?.StartsWith('p') == true, "it is served");
        var kept = new List<Socket> { await KeepAsync("p1", "10.96.2.21", 80), await KeepAsync("client", "10.89.0.11", 30221), await KeepAsync("node", "10.96.2.21", 80) };
        foreach (var mode in (ProxyMode[])[ProxyMode.Iptables, ProxyMode.Ipvs])
        {
            using var end = new CancellationTokenSource();
            Task<List<string>>[] clients = [ConnectAsync("p1", "10.96.2.21", 80, end.Token), ConnectAsync("node", "10.96.2.21", 80, end.Token), ConnectAsync("client", "10.89.0.11", 30221, end.Token)];
            await node.StopProxyAsync();
            await node.StartProxyAsync(mode: mode);
            if (mode == ProxyMode.Ipvs)
            {
                await TestNode.EventuallyAsync(() => Task.FromResult(!node.Run("node", "iptables-save; ip6tables-save").Contains("KUBE-SVC-", StringComparison.Ordinal)), "the chains of mode iptables are gone");
            }
            else
            {
                // Sets and chains go at once; what the open connections go through stays for them.
                await TestNode.EventuallyAsync(() => Task.FromResult(!node.Run("node", "ipset -n list; iptables-save").Contains("KUBE-IPVS", StringComparison.Ordinal)), "the sets of mode ipvs are gone");
                Assert.Contains("10.96.2.21:80", node.Run("node", "ipvsadm -Sn"), StringComparison.Ordinal);
            }

            foreach (var socket in kept)
            {
                Assert.Equal("through", await EchoAsync(socket, "through"));
            }

            await end.CancelAsync();
            foreach (var failures in await Task.WhenAll(clients))
            {
                Assert.Empty(failures);
            }

            if (mode == ProxyMode.Iptables)
            {
                // With the last of them the rest goes.
                kept.ForEach(static socket => { socket.LingerState = new(true, 0); socket.Dispose(); });
                kept = [await KeepAsync("p1", "10.96.2.21", 80), await KeepAsync("client", "10.89.0.11", 30221)];
                await TestNode.EventuallyAsync(
                    () =>
                    {
                        // Any change makes a run, which looks.
                        node.Api.Set(Slices, "default", "both-IPv4", Slice("both", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4"));
                        return Task.FromResult(node.Run("node", "ipvsadm -Sn; ip link show kube-ipvs0 2>/dev/null || true").Length == 0);
                    },
                    "nothing of mode ipvs is left");
            }
        }

        kept.ForEach(static socket => socket.Dispose());
    }

    [UmlFact]
    public async Task Explain_TellsVirtualServiceRealServersAndOutcome()
    {
        traffic.Make("told", "10.96.2.22", "http/TCP/80", "http/TCP/8080", "10.244.0.3 10.244.0.4 10.244.0.9@node2@s");
        await traffic.ProgrammedAsync("10.96.2.22", 80, "told:http");
        await TestNode.EventuallyAsync(() => Task.FromResult(Weights(new(IpProtocol.Tcp, IpAddress.Parse("10.96.2.22"), 80)) == "10.244.0.3:8080=1 10.244.0.4:8080=1"), "both endpoints");
        for (var i = 0; i < 4; i++)
        {
            Assert.NotNull(await node.AskAsync("p1", "10.96.2.22", 80));
        }

        using var client = new KubeClient(new KubeConfig { Server = new(node.Api.Address) });
        // It is not told the mode: it finds the sets.
        var options = new ProxyOptions { NodeName = "node1", ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16"), IpPrefix.Parse("fd44::/16")] };
        var text = string.Empty;
        // The kernel adds up what it counts every other second.
        await TestNode.EventuallyAsync(
            async () =>
            {
                text = await node["node"].Run(() => ExplainProgram.ExplainAsync(options, client, "10.244.0.2", ExplainTarget.Parse("told:http"), TestContext.Current.CancellationToken));
                return System.Text.RegularExpressions.Regex.IsMatch(text, "ipvs +tcp 10.96.2.22:80, scheduler rr   # so far [1-9]\\d* connections")
                    && System.Text.RegularExpressions.Regex.IsMatch(text, "10.244.0.3:8080 weight 1, \\d+ active and \\d+ inactive connections   # so far [1-9]\\d* connections, [1-9]\\d* packets in, [1-9]\\d* out");
            },
            "the counters");

        Assert.Contains("connection  10.244.0.2 -> 10.96.2.22:80/tcp, coming in at cni0", text, StringComparison.Ordinal);
        Assert.Matches("nat KUBE-SERVICES \\d+: .*--match-set KUBE-CLUSTER-IP dst,dst .*-j ACCEPT", text);
        Assert.Contains("10.244.0.4:8080 on node1: one of 2", text, StringComparison.Ordinal);
        Assert.Contains("10.244.0.9:8080 on node2: left out: not ready", text, StringComparison.Ordinal);
        Assert.Contains("outcome     sent to one of 2 endpoints, each as likely; the endpoint sees the client's address", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nbut ", text, StringComparison.Ordinal);
        var refused = await node["node"].Run(() => ExplainProgram.ExplainAsync(options, client, "10.244.0.2", ExplainTarget.Parse("10.96.2.22:81"), TestContext.Current.CancellationToken));
        Assert.Contains("outcome     refused: the address is a Service's, the port is not", refused, StringComparison.Ordinal);
    }

    private async Task<Socket> KeepAsync(string from, string address, int port)
    {
        var socket = node[from].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(IPAddress.Parse(address), port, TestContext.Current.CancellationToken);
        Assert.True(await socket.ReceiveAsync(new byte[64]) > 0);
        return socket;
    }

    private static async Task<string> EchoAsync(Socket socket, string text)
    {
        var buffer = new byte[64];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), limit.Token);
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }

    private async Task<List<string>> ConnectAsync(string from, string address, int port, CancellationToken end)
    {
        var failures = new List<string>();
        for (var i = 1; !end.IsCancellationRequested; i++)
        {
            if (await node.AskAsync(from, address, port, 10_000) is var answer && answer?.StartsWith('p') != true)
            {
                failures.Add($"connection {i} from {from} to {address}:{port}: {answer ?? "refused"}");
            }
        }

        return failures;
    }
}
