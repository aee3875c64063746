using System.Net;
using System.Net.Sockets;
using Podwire.Proxy.Config;
using Podwire.Proxy.Tests.Model;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Real connections through real rules, one node, whatever the mode: each mode has a class of its own that inherits these.</summary>
public abstract partial class TrafficTests(TestNode node)
{
    /// <summary>The node under test.</summary>
    private protected TestNode Node => node;

    /// <summary>True if a connection to a port that a cluster IP does not have is refused.</summary>
    private protected abstract bool RefusesUnusedPorts { get; }

    /// <summary>True if the endpoints of a port are the same for whoever asks, as IPVS has it.</summary>
    private protected virtual bool OneChoiceForAll => false;

    /// <summary>True if the frontend is in the kernel; without an address a node port.</summary>
    private protected abstract bool Leads(string? address, ushort port, string name);

    /// <summary>True if the kernel refuses the Service port for want of endpoints.</summary>
    private protected abstract bool Refuses(string name);

    [Theory]
    [InlineData("p1", "10.96.1.1")]
    [InlineData("node", "10.96.1.1")]
    [InlineData("p1", "fd96::1:1")]
    [InlineData("node", "fd96::1:1")]
    public async Task ClusterIp_FromPodAndNode_ReachesEveryEndpoint(string from, string address)
    {
        Publish("all", "10.96.1.1,fd96::1:1", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4", "fd44::2 fd44::3 fd44::4");
        await ReadyAsync(address, 80, "all:http");

        Assert.Equal(["p1", "p2", "p3"], (await node.AskAllAsync(from, address, 80, "p1", "p2", "p3")).Order());
    }

    [Theory]
    [InlineData("client", "10.89.0.11")]
    [InlineData("client", "192.168.7.1")]
    [InlineData("node", "10.89.0.11")]
    [InlineData("node", "192.168.7.1")]
    [InlineData("p1", "10.89.0.11")]
    public async Task NodePort_AtEveryAddressOfTheNode_ReachesEveryEndpoint(string from, string address)
    {
        Publish("ports", "10.96.1.2", "http/TCP/80/30081", "http/TCP/8080", "10.244.0.2 10.244.0.3");
        await ReadyAsync(null, 30081, "ports:http");

        Assert.Equal(["p1", "p2"], (await node.AskAllAsync(from, address, 30081, "p1", "p2")).Order());
    }

    [Fact]
    public async Task NodePort_WithLocalPolicy_KeepsTheClientsAddress()
    {
        Publish("local", "10.96.1.3", "http/TCP/80/30082", "http/TCP/8080", "10.244.0.3 10.244.7.9@node2", spec: ",\"externalTrafficPolicy\":\"Local\"");
        await ReadyAsync(null, 30082, "local:http");

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("p2 10.89.0.99", await node.AskAsync("client", "10.89.0.11", 30082));
        }
    }

    [Fact]
    public async Task LoadBalancer_WithSourceRanges_LetsOnlyTheseIn()
    {
        const string Ingress = """{"loadBalancer":{"ingress":[{"ip":"203.0.113.5"},{"ip":"203.0.113.6","ipMode":"Proxy"}]}}""";
        Publish("open", "10.96.1.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: ",\"type\":\"LoadBalancer\"", status: Ingress);
        await ReadyAsync("203.0.113.5", 80, "open:http");
        Assert.Equal("p1", (await node.AskAsync("client", "203.0.113.5", 80))?.Split(' ')[0]);

        Publish("open", "10.96.1.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: ",\"type\":\"LoadBalancer\",\"loadBalancerSourceRanges\":[\"198.51.100.0/24\"]", status: Ingress);
        await TestNode.EventuallyAsync(async () => await node.AskAsync("client", "203.0.113.5", 80, 300) == "timeout", "a client outside of the ranges is dropped");

        Publish("open", "10.96.1.4", "http/TCP/80", "http/TCP/8080", "10.244.0.2", spec: ",\"type\":\"LoadBalancer\",\"loadBalancerSourceRanges\":[\"198.51.100.0/24\",\"10.89.0.99/32\"]", status: Ingress);
        await TestNode.EventuallyAsync(async () => (await node.AskAsync("client", "203.0.113.5", 80, 300))?.StartsWith("p1", StringComparison.Ordinal) == true, "a client inside of the ranges is let in");
        Assert.False(node.Proxy.DataPlane.Frontends(Primitives.IpFamily.V4)!.Contains(new(TestData.Ip("203.0.113.6"), Primitives.IpProtocol.Tcp, 80)));
    }

    [Fact]
    public async Task ClusterIp_PodThatIsItsOwnEndpoint_ReachesItself()
    {
        Publish("self", "10.96.1.5,fd96::1:5", "http/TCP/80", "http/TCP/8080", "10.244.0.2", "fd44::2");
        await ReadyAsync("10.96.1.5", 80, "self:http");
        await ReadyAsync("fd96::1:5", 80, "self:http");

        Assert.Equal("p1", (await node.AskAsync("p1", "10.96.1.5", 80))?.Split(' ')[0]);
        Assert.Equal("p1", (await node.AskAsync("p1", "fd96::1:5", 80))?.Split(' ')[0]);
    }

    [Fact]
    public async Task ClusterIp_WithoutEndpoints_IsRefusedAtOnceAndRecovers()
    {
        Publish("empty", "10.96.1.6", "http/TCP/80/30086", "http/TCP/8080", "");
        await TestNode.EventuallyAsync(() => Task.FromResult(Refuses("empty:http")), "the refusal");
        foreach (var (from, address, port) in ((string, string, int)[])[("p1", "10.96.1.6", 80), ("node", "10.96.1.6", 80), ("client", "10.89.0.11", 30086), ("p1", "10.96.1.6", RefusesUnusedPorts ? 81 : 80)])
        {
            // The first try: a packet that was dropped would never be refused. A guest that gets no time for seconds may take long over it.
            var answer = await node.AskAsync(from, address, port, 20_000);
            Assert.True(answer is null, $"{address}:{port} does not refuse {from}: {answer}");
        }

        Publish("empty", "10.96.1.6", "http/TCP/80/30086", "http/TCP/8080", "10.244.0.3");
        await ReadyAsync("10.96.1.6", 80, "empty:http");
        Assert.Equal("p2", (await node.AskAsync("p1", "10.96.1.6", 80))?.Split(' ')[0]);
        Assert.Equal("p2", (await node.AskAsync("client", "10.89.0.11", 30086))?.Split(' ')[0]);
    }

    [Fact]
    public async Task Endpoints_ExchangedAgainAndAgain_NeverFailANewConnection()
    {
        string[] sets = ["10.244.0.2", "10.244.0.3", "10.244.0.2 10.244.0.4", "10.244.0.3 10.244.0.4 10.244.0.2", "10.244.0.4"];
        Publish("swap", "10.96.1.7", "http/TCP/80", "http/TCP/8080", sets[0]);
        await ReadyAsync("10.96.1.7", 80, "swap:http");
        using var kept = node["p1"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.1.7"), 80, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        Assert.StartsWith("p1", System.Text.Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));

        for (var i = 1; i <= 150; i++)
        {
            node.Api.Set(Slices, "default", "swap-IPv4", Slice("swap", "http/TCP/8080", sets[i % sets.Length]));
            var answer = await node.AskAsync(i % 2 == 0 ? "p1" : "node", "10.96.1.7", 80);
            Assert.True(answer is { Length: > 0 } and not "timeout", $"connection {i}: {answer ?? "refused"}");
        }

        await kept.SendAsync("still here"u8.ToArray());
        Assert.Equal("still here", System.Text.Encoding.ASCII.GetString(buffer, 0, await kept.ReceiveAsync(buffer)));
    }

    [Fact]
    public async Task Affinity_SameClient_StaysWithItsEndpointUntilItGoes()
    {
        const string Sticky = ",\"sessionAffinity\":\"ClientIP\"";
        Publish("sticky", "10.96.1.8", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.0.4", spec: Sticky);
        await ReadyAsync("10.96.1.8", 80, "sticky:http");
        var first = await node.AskAsync("client", "10.96.1.8", 80);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(first, await node.AskAsync("client", "10.96.1.8", 80));
        }

        var gone = $"10.244.0.{first![1] - '0' + 1}";
        Publish("sticky", "10.96.1.8", "http/TCP/80", "http/TCP/8080", string.Join(' ', ((string[])["10.244.0.2", "10.244.0.3", "10.244.0.4"]).Where(address => address != gone)), spec: Sticky);
        await TestNode.EventuallyAsync(async () => await node.AskAsync("client", "10.96.1.8", 80) is { } answer && answer != first, "the client moves on");
    }

    [Fact]
    public async Task Udp_BackendGone_ClientMovesOnWithoutANewSocket()
    {
        Publish("dns", "10.96.1.9", "dns/UDP/53", "dns/UDP/5353", "10.244.0.3");
        await ReadyAsync("10.96.1.9", 53, "dns:dns");
        using var socket = node["p1"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse("10.96.1.9"), 53, TestContext.Current.CancellationToken);
        Assert.Equal("p2", await TestNode.AskUdpAsync(socket));

        Publish("dns", "10.96.1.9", "dns/UDP/53", "dns/UDP/5353", "10.244.0.4");
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p3", "the flow moves to the new endpoint");
    }

    [Fact]
    public async Task Udp_FirstEndpointComes_WaitingClientReachesIt()
    {
        Publish("late", "10.96.1.10", "dns/UDP/53/30053", "dns/UDP/5353", "");
        await TestNode.EventuallyAsync(() => Task.FromResult(Refuses("late:dns")), "the refusal");
        using var socket = node["client"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse("10.89.0.11"), 30053, TestContext.Current.CancellationToken);
        Assert.NotEqual("p1", await TestNode.AskUdpAsync(socket));

        Publish("late", "10.96.1.10", "dns/UDP/53/30053", "dns/UDP/5353", "10.244.0.2");
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p1", "the waiting client is served");
    }

    [Fact]
    public async Task Http_HealthAndMetrics_AnswerAsKubeProxy()
    {
        using var http = new HttpClient();
        var cancel = TestContext.Current.CancellationToken;
        using var healthz = await http.GetAsync($"http://127.0.0.1:{node.Proxy.Endpoints.HealthPort}/healthz", cancel);
        var body = await healthz.Content.ReadAsStringAsync(cancel);
        Assert.Equal(HttpStatusCode.OK, healthz.StatusCode);
        Assert.Matches("""^\{"lastUpdated": "[^"]+","currentTime": "[^"]+","nodeEligible": true\}$""", body);
        Assert.Equal(ProxyValues.NameOf(node.Mode), await http.GetStringAsync($"http://127.0.0.1:{node.Proxy.Endpoints.MetricsPort}/proxyMode", cancel));
        var metrics = await http.GetStringAsync($"http://127.0.0.1:{node.Proxy.Endpoints.MetricsPort}/metrics", cancel);
        Assert.Contains("kubeproxy_sync_proxy_rules_duration_seconds_count", metrics);
        Assert.Contains("kubeproxy_sync_proxy_rules_service_changes_pending", metrics);
    }

    private protected void Publish(string name, string ips, string ports, string targets, string v4, string? v6 = null, string spec = "", string status = "{}")
    {
        node.Api.Set(Services, "default", name, Service(name, ips, ports, spec, status));
        node.Api.Set(Slices, "default", $"{name}-IPv4", Slice(name, targets, v4));
        if (v6 is not null)
        {
            node.Api.Set(Slices, "default", $"{name}-IPv6", Slice(name, targets, v6, "IPv6"));
        }
    }

    /// <summary>Waits for the frontend to be in the kernel.</summary>
    private protected Task ReadyAsync(string? address, ushort port, string name) =>
        TestNode.EventuallyAsync(() => Task.FromResult(Leads(address, port, name)), $"{address}:{port} of {name} is programmed");
}
