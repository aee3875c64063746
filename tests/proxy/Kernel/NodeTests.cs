using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Netlink.Conntrack;
using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Compile;
using Podwire.Proxy.Config;
using Podwire.Proxy.Explain;
using Podwire.Proxy.Tests.Interop;
using Podwire.Proxy.Tests.Model;
using Podwire.Ruleset;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Real packets where TCP clients alone do not tell: health checks, SCTP, IPv6 datagrams, flows, an API server that is away.</summary>
public sealed class NodeTests(TestNode node) : IClassFixture<TestNode>
{
    private const string ServiceCidrs = "apis/networking.k8s.io/v1/servicecidrs";

    [Fact]
    public async Task HealthCheckNodePort_OverHttp_TellsTheNumberOfLocalEndpointsAnd503AtNone()
    {
        var port = FreePort();
        var spec = $",\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",\"healthCheckNodePort\":{port}";
        Publish("checked", "10.96.3.1", "http/TCP/80/30301", "http/TCP/8080", "10.244.0.2 10.244.0.3 10.244.9.3@node2", spec);
        using var http = new HttpClient();
        await TestNode.EventuallyAsync(async () => await StatusAsync(http, port) == HttpStatusCode.OK, "the health check answers");
        using var reply = await http.GetAsync($"http://127.0.0.1:{port}/healthz", TestContext.Current.CancellationToken);
        Assert.Equal("2", Assert.Single(reply.Headers.GetValues("X-Load-Balancing-Endpoint-Weight")));
        var body = JsonNode.Parse(await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(("checked", 2, true), (body["service"]!["name"]!.GetValue<string>(), body["localEndpoints"]!.GetValue<int>(), body["serviceProxyHealthy"]!.GetValue<bool>()));

        Publish("checked", "10.96.3.1", "http/TCP/80/30301", "http/TCP/8080", "10.244.9.3@node2", spec);

        await TestNode.EventuallyAsync(async () => await StatusAsync(http, port) == HttpStatusCode.ServiceUnavailable, "503 without a local endpoint");
        using var none = await http.GetAsync($"http://127.0.0.1:{port}/", TestContext.Current.CancellationToken);
        Assert.Equal("0", Assert.Single(none.Headers.GetValues("X-Load-Balancing-Endpoint-Weight")));
        node.Api.Delete(Services, "default", "checked");
        await TestNode.EventuallyAsync(async () => await StatusAsync(http, port) is null, "it ends with its Service");
    }

    [Theory]
    [InlineData("p1", "10.96.3.2", 132)]
    [InlineData("client", "10.89.0.11", 30302)]
    public async Task Sctp_InitToAFrontend_ReachesAnEndpointAtItsPort(string from, string address, ushort port)
    {
        Publish("sctp", "10.96.3.2", "diameter/SCTP/132/30302", "diameter/SCTP/3868", "10.244.0.3");
        await ReadyAsync("service-ips", "sctp:diameter");
        await ReadyAsync("service-nodeports", "sctp:diameter");
        using var server = node["p2"].Run(RawSctp);
        using var client = node[from].Run(RawSctp);

        Assert.Equal(3868, await SctpInit.ExchangeAsync(client, address, port, server));
    }

    [Fact]
    public async Task Sctp_EndpointGone_FlowMovesOn()
    {
        Publish("moves", "10.96.3.3", "x/SCTP/132", "x/SCTP/4000", "10.244.0.3");
        await ReadyAsync("service-ips", "moves:x");
        using var first = node["p2"].Run(RawSctp);
        using var second = node["p3"].Run(RawSctp);
        using var client = node["p1"].Run(RawSctp);
        Assert.Equal(4000, await SctpInit.ExchangeAsync(client, "10.96.3.3", 132, first, 5050));

        Publish("moves", "10.96.3.3", "x/SCTP/132", "x/SCTP/4000", "10.244.0.4");

        await TestNode.EventuallyAsync(async () => await SctpInit.ExchangeAsync(client, "10.96.3.3", 132, second, 5050, 300) == 4000, "the same tuple is translated anew");
    }

    [Fact]
    public async Task Udp_OverIpv6_ReachesTheEndpointAndMovesOnWhenItGoes()
    {
        using var first = ServeUdp("p2", "p2");
        using var second = ServeUdp("p3", "p3");
        node.Api.Set(Services, "default", "dns6", Service("dns6", "fd96::3:4", "dns/UDP/53/30304"));
        node.Api.Set(Slices, "default", "dns6-IPv6", Slice("dns6", "dns/UDP/5454", "fd44::3", "IPv6"));
        using var socket = node["p1"].Run(static () => new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse("fd96::3:4"), 53, TestContext.Current.CancellationToken);
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p2", "the Service answers");

        node.Api.Set(Slices, "default", "dns6-IPv6", Slice("dns6", "dns/UDP/5454", "fd44::4", "IPv6"));

        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p3", "the flow moves to the new endpoint");
    }

    [Theory]
    [InlineData("p1", "10.96.3.5", 53)]
    [InlineData("client", "10.89.0.11", 30305)]
    [InlineData("client", "203.0.113.77", 53)]
    public async Task Udp_EveryFrontend_FromNoEndpointToOneToAnother(string from, string address, int port)
    {
        const string External = ",\"externalIPs\":[\"203.0.113.77\"]";
        Publish("flows", "10.96.3.5", "dns/UDP/53/30305", "dns/UDP/5353", "", External);
        await ReadyAsync("no-endpoint-services", "flows:dns");
        using var socket = node[from].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse(address), port, TestContext.Current.CancellationToken);
        Assert.Null(await TestNode.AskUdpAsync(socket));

        Publish("flows", "10.96.3.5", "dns/UDP/53/30305", "dns/UDP/5353", "10.244.0.3", External);
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p2", "the first endpoint is reached");
        Publish("flows", "10.96.3.5", "dns/UDP/53/30305", "dns/UDP/5353", "10.244.0.4", External);
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(socket) == "p3", "the second endpoint is reached");
        node.Api.Delete(Services, "default", "flows");
        await TestNode.EventuallyAsync(() => Task.FromResult(node.ReadTable(TableSchema.V4.Id)!.FindSet("service-ips")!.Elements.All(element => element.Comment != "default/flows:dns")), "the Service is gone");
    }

    [Fact]
    public async Task Flows_ThatAreNobodysBusiness_StayWhenEndpointsChange()
    {
        using var other = ServeUdp("p3", "p3", 6000, v4: true);
        Publish("mine", "10.96.3.6", "dns/UDP/53", "dns/UDP/5353", "10.244.0.3");
        await ReadyAsync("service-ips", "mine:dns");
        using var direct = node["client"].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await direct.ConnectAsync(IPAddress.Parse("10.244.0.4"), 6000, TestContext.Current.CancellationToken);
        Assert.Equal("p3", await TestNode.AskUdpAsync(direct));
        using var kept = node["p1"].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await kept.ConnectAsync(IPAddress.Parse("10.96.3.6"), 53, TestContext.Current.CancellationToken);
        await TestNode.EventuallyAsync(async () => await TestNode.AskUdpAsync(kept) == "p2", "the Service answers");
        var before = FlowIds("10.244.0.4", 6000).Concat(FlowIds("10.96.3.6", 53)).Order().ToList();
        Assert.Equal(2, before.Count);

        // The endpoint that the flow leads to stays, another one comes and goes.
        Publish("mine", "10.96.3.6", "dns/UDP/53", "dns/UDP/5353", "10.244.0.3 10.244.0.2");
        await TestNode.EventuallyAsync(() => Task.FromResult(Endpoints("mine:dns") == 2), "two endpoints");
        Publish("mine", "10.96.3.6", "dns/UDP/53", "dns/UDP/5353", "10.244.0.3");
        await TestNode.EventuallyAsync(() => Task.FromResult(Endpoints("mine:dns") == 1), "one endpoint");

        Assert.Equal(before, FlowIds("10.244.0.4", 6000).Concat(FlowIds("10.96.3.6", 53)).Order());
    }

    [Fact]
    public async Task ApiServerAway_DataPathStays_AndWhatChangedMeanwhileComesWithoutAFullReload()
    {
        Publish("there", "10.96.3.7", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        Publish("moved", "10.96.3.8", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ReadyAsync("service-ips", "there:http");
        await ReadyAsync("service-ips", "moved:http");
        var lists = node.Api.Lists;
        var (before, ids) = (node.Generation(), node.ReadTable(TableSchema.V4.Id)!.Chains.Count);

        node.Api.IsAway = true;
        node.Api.Set(Slices, "default", "moved-IPv4", Slice("moved", "http/TCP/8080", "10.244.0.3"));
        Assert.StartsWith("p1", await node.AskAsync("p3", "10.96.3.7", 80), StringComparison.Ordinal);
        Assert.StartsWith("p1", await node.AskAsync("p3", "10.96.3.8", 80), StringComparison.Ordinal);
        Assert.Equal(before, node.Generation());
        node.Api.IsAway = false;

        await TestNode.EventuallyAsync(async () => (await node.AskAsync("p3", "10.96.3.8", 80))?.StartsWith("p2", StringComparison.Ordinal) == true, "the change of meanwhile");
        // One endpoint is one transaction; nothing was listed or loaded again.
        Assert.Equal((before + 1, lists, ids), (node.Generation(), node.Api.Lists, node.ReadTable(TableSchema.V4.Id)!.Chains.Count));
    }

    [Fact]
    public async Task ServiceCidr_UnallocatedAddress_IsDropped_AndFollowsTheObject()
    {
        Publish("allocated", "10.96.3.9", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        node.Api.Set(ServiceCidrs, "", "kubernetes", """{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"kubernetes","uid":"cidr","resourceVersion":"$RV"},"spec":{"cidrs":["10.96.0.0/16","fd96::/64"]}}""");
        await TestNode.EventuallyAsync(() => Task.FromResult(Check().Contains("10.96.0.0/16 drop", StringComparison.Ordinal)), "the range is dropped");

        Assert.Equal("timeout", await node.AskAsync("p1", "10.96.200.200", 80, 500));
        Assert.StartsWith("p1", await node.AskAsync("p2", "10.96.3.9", 80), StringComparison.Ordinal);
        Assert.Null(await node.AskAsync("p2", "10.96.3.9", 81));

        node.Api.Delete(ServiceCidrs, "", "kubernetes");
        await TestNode.EventuallyAsync(() => Task.FromResult(!Check().Contains("drop", StringComparison.Ordinal)), "the range is forgotten");

        string Check() => node.Run("node", "nft list chain ip podwire-proxy cluster-ips-check");
    }

    [Fact]
    public async Task Metrics_UpstreamsNamesAndLabels_AreThere()
    {
        Publish("counted", "10.96.3.10", "http/TCP/80", "http/TCP/8080", "10.244.0.2");
        await ReadyAsync("service-ips", "counted:http");
        using var http = new HttpClient();
        var at = $"http://127.0.0.1:{node.Proxy.Endpoints.MetricsPort}";
        var text = await http.GetStringAsync($"{at}/metrics", TestContext.Current.CancellationToken);

        foreach (var name in (string[])
            [
                "sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}", "sync_proxy_rules_duration_seconds_count{ip_family=\"IPv6\"}", "sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}",
                "sync_partial_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}", "sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"}", "sync_proxy_rules_last_queued_timestamp_seconds{ip_family=\"IPv6\"}",
                "sync_proxy_rules_endpoint_changes_pending ", "sync_proxy_rules_endpoint_changes_total ", "sync_proxy_rules_service_changes_pending ", "sync_proxy_rules_service_changes_total ",
                "sync_proxy_rules_no_local_endpoints_total{traffic_policy=\"internal\",ip_family=\"IPv4\"}", "conntrack_reconciler_sync_duration_seconds_count{ip_family=\"IPv4\"}", "conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"}",
            ])
        {
            Assert.Contains($"\nkubeproxy_{name}", text, StringComparison.Ordinal);
        }

        var config = JsonNode.Parse(await http.GetStringAsync($"{at}/configz", TestContext.Current.CancellationToken))!["kubeproxy.config.k8s.io"]!;
        Assert.Equal(("nftables", "10.244.0.0/16,fd44::/16", 14), (config["mode"]!.GetValue<string>(), config["clusterCIDR"]!.GetValue<string>(), config["nftables"]!["masqueradeBit"]!.GetValue<int>()));
    }

    [Fact]
    public async Task Explain_ConnectionsThatWereMade_AreInTheKernelsCounters()
    {
        Publish("told", "10.96.3.11", "http/TCP/80", "http/TCP/8080", "10.244.0.2 10.244.0.3");
        await ReadyAsync("service-ips", "told:http");
        for (var i = 0; i < 5; i++)
        {
            Assert.NotNull(await node.AskAsync("p3", "10.96.3.11", 80));
        }

        using var client = new KubeClient(new KubeConfig { Server = new(node.Api.Address) });
        var options = new ProxyOptions { NodeName = "node1", ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16"), IpPrefix.Parse("fd44::/16")] };

        var text = await node["node"].Run(() => ExplainProgram.ExplainAsync(options, client, "10.244.0.4", ExplainTarget.Parse("told:http"), TestContext.Current.CancellationToken));

        Assert.Contains("connection  10.244.0.4 -> 10.96.3.11:80/tcp, coming in at cni0", text);
        Assert.Contains("# so far 5 connections", text);
        Assert.Contains("10.244.0.2:8080 on node1: one of 2", text);
        Assert.Contains("outcome     sent to one of 2 endpoints, each as likely; the endpoint sees the client's address", text);
        Assert.DoesNotContain("but ", text);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, int port)
    {
        try
        {
            using var reply = await http.GetAsync($"http://127.0.0.1:{port}/healthz", TestContext.Current.CancellationToken);
            return reply.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    // This kernel may have no SCTP sockets; rules and connection tracking look at packets all the same.
    private static Socket RawSctp() => RawSocket.Open(132);

    private Socket ServeUdp(string pod, string answer, int port = 5454, bool v4 = false)
    {
        var socket = node[pod].Run(() =>
        {
            var bound = new Socket(v4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            bound.Bind(new IPEndPoint(v4 ? IPAddress.Any : IPAddress.IPv6Any, port));
            return bound;
        });
        _ = AnswerAsync();
        return socket;

        async Task AnswerAsync()
        {
            var buffer = new byte[64];
            try
            {
                while (true)
                {
                    var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(v4 ? IPAddress.Any : IPAddress.IPv6Any, 0));
                    await socket.SendToAsync(System.Text.Encoding.ASCII.GetBytes(answer), received.RemoteEndPoint);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }

    private List<uint> FlowIds(string destination, ushort port)
    {
        using var conntrack = ConntrackSocket.Open(node["node"]);
        return [.. conntrack.List(new ConntrackFilter(IpFamily.V4, IpProtocol.Udp)).Where(flow => flow.Original.Destination == TestData.Ip(destination) && flow.Original.DestinationPort == port).Select(static flow => flow.Id)];
    }

    private int Endpoints(string comment) => node.ReadTable(TableSchema.V4.Id)!.FindSet("service-endpoints")!.Elements.Count(element => element.Comment == $"default/{comment}");

    private Task ReadyAsync(string map, string comment) => TestNode.EventuallyAsync(
        () => Task.FromResult(node.ReadTable(TableSchema.V4.Id)?.FindSet(map)?.Elements.Any(element => element.Comment == $"default/{comment}") == true),
        $"{comment} in {map}");

    private void Publish(string name, string ips, string ports, string targets, string endpoints, string spec = "")
    {
        node.Api.Set(Services, "default", name, Service(name, ips, ports, spec));
        node.Api.Set(Slices, "default", $"{name}-IPv4", Slice(name, targets, endpoints));
    }
}
