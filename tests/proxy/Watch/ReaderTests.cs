using System.Text.Json;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Primitives;
using Podwire.Proxy.State;
using Podwire.Proxy.Watch;
using Podwire.Proxy.Watch.Api;
using Podwire.Proxy.Tests.Model;

namespace Podwire.Proxy.Tests.Watch;

/// <summary>From the API's JSON to records.</summary>
public sealed class ReaderTests
{
    private IReadOnlyList<string> problems = [];

    [Fact]
    public void Service_WithEverything_IsRead()
    {
        var record = Read(ApiObjects.Service(
            "web",
            "10.96.0.10,fd96::10",
            "http/TCP/80/30080 dns/UDP/53",
            """
            ,"type":"LoadBalancer","externalIPs":["203.0.113.1"],"loadBalancerSourceRanges":[" 198.51.100.7/24 "],"sessionAffinity":"ClientIP",
            "sessionAffinityConfig":{"clientIP":{"timeoutSeconds":60}},"internalTrafficPolicy":"Local","externalTrafficPolicy":"Local","healthCheckNodePort":31000
            """,
            """{"loadBalancer":{"ingress":[{"ip":"203.0.113.5","ipMode":"VIP"},{"ip":"203.0.113.6","ipMode":"Proxy"},{"hostname":"lb.example"}]}}"""))!;

        Assert.Equal("default/web", record.Key.ToString());
        Assert.Equal(["10.96.0.10", "fd96::10"], record.ClusterIps.Select(ip => ip.ToString()));
        Assert.Equal("203.0.113.1", Assert.Single(record.ExternalIps).ToString());
        Assert.Equal("203.0.113.5", Assert.Single(record.LoadBalancerIps).ToString());
        Assert.Equal("198.51.100.0/24", Assert.Single(record.SourceRanges).ToString());
        Assert.Equal([new("http", IpProtocol.Tcp, 80, 30080), new PortRecord("dns", IpProtocol.Udp, 53, 0)], record.Ports);
        Assert.Equal((60, true, true, (ushort)31000), (record.AffinitySeconds, record.InternalLocal, record.ExternalLocal, record.HealthCheckNodePort));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("None", "")]
    [InlineData("", "")]
    [InlineData("10.96.0.1", ",\"type\":\"ExternalName\"")]
    public void Service_NotForAProxy_IsNotRead(string ip, string spec) => Assert.Null(Read(ApiObjects.Service("web", ip, "http/TCP/80", spec)));

    [Theory]
    [InlineData(ServiceReader.ProxyNameLabel)]
    [InlineData(ServiceReader.HeadlessLabel)]
    public void Service_OfAnotherProxy_IsNotRead(string label) =>
        Assert.Null(Read(ApiObjects.Service("web", "10.96.0.1", "http/TCP/80").Replace("\"name\":\"web\"", $$"""
            "name":"web","labels":{"{{label}}":"" }
            """)));

    [Fact]
    public void Service_WithUnusableParts_KeepsTheRest()
    {
        var record = Read(ApiObjects.Service("web", "10.96.0.10", "http/TCP/80 bad/TCP/0 odd/DCCP/81 http2/TCP/82/70000", ",\"type\":\"LoadBalancer\",\"externalIPs\":[\"127.0.0.1\",\"203.0.113.300\",\"203.0.113.3\"],\"loadBalancerSourceRanges\":[\"10.0.0.0\"]"))!;

        Assert.Equal(["http", "http2"], record.Ports.Select(port => port.Name));
        Assert.Equal(0, record.Ports[1].NodePort);
        Assert.Equal("203.0.113.3", Assert.Single(record.ExternalIps).ToString());
        Assert.Empty(record.LoadBalancerIps);
        Assert.Equal(7, problems.Count);
    }

    [Fact]
    public void Slice_WithUnusableEndpoints_KeepsTheRest()
    {
        var record = Slice(ApiObjects.Slice("web", "http/TCP/8080 bad/TCP/0", "10.244.0.2 127.0.0.1 169.254.0.1 fd44::2 nonsense 10.244.0.3@node2"))!;

        Assert.Equal(["10.244.0.2", "10.244.0.3"], record.Endpoints.Select(endpoint => endpoint.Address.ToString()));
        Assert.Equal(["node1", "node2"], record.Endpoints.Select(endpoint => endpoint.NodeName));
        Assert.Equal(5, problems.Count);
    }

    [Theory]
    [InlineData("{}", EndpointConditions_ReadyServing)]
    [InlineData("""{"ready":false}""", 0)]
    [InlineData("""{"ready":null,"serving":null,"terminating":null}""", EndpointConditions_ReadyServing)]
    [InlineData("""{"ready":false,"serving":true,"terminating":true}""", 6)]
    public void Slice_Conditions_AbsentOnesAreResolved(string conditions, int expected)
    {
        var json = ApiObjects.Slice("web", "http/TCP/8080", "10.244.0.2").Replace("""{"ready":true,"serving":true,"terminating":false}""", conditions);

        Assert.Equal((Podwire.Proxy.State.EndpointConditions)expected, Assert.Single(Slice(json)!.Endpoints).Conditions);
    }

    [Fact]
    public void Slice_Hints_AreRead()
    {
        var json = ApiObjects.Slice("web", "http/TCP/8080", "10.244.0.2").Replace("\"nodeName\":\"node1\"", """
            "nodeName":"node1","zone":"b","targetRef":{"kind":"Pod","name":"x"},"hints":{"forZones":[{"name":"a"}],"forNodes":[{"name":"node9"}]}
            """);

        var endpoint = Assert.Single(Slice(json)!.Endpoints);

        Assert.Equal(["a"], endpoint.ZoneHints);
        Assert.Equal(["node9"], endpoint.NodeHints);
    }

    [Fact]
    public void Slice_WithoutAService_IsNotRead() => Assert.Null(Slice(ApiObjects.Slice("web", "http/TCP/8080", "10.244.0.2").Replace(SliceReader.ServiceNameLabel, "other")));

    [Fact]
    public void Node_ThatIsBeingRemoved_IsNotEligible()
    {
        var node = KubeJson.Deserialize<Node>("""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"node1","labels":{"topology.kubernetes.io/zone":"a"}},
             "spec":{"podCIDRs":["10.244.0.0/24"],"taints":[{"key":"ToBeDeletedByClusterAutoscaler","effect":"NoSchedule"}]},
             "status":{"addresses":[{"type":"Hostname","address":"node1"},{"type":"ExternalIP","address":"203.0.113.1"},{"type":"InternalIP","address":"10.89.0.11"}]}}
            """u8);

        var state = NodeReader.Read(node);

        Assert.False(state.IsEligible);
        Assert.Equal("a", state.Zone);
        Assert.Equal(["10.89.0.11", "203.0.113.1"], state.Addresses.Select(address => address.ToString()));
        Assert.Equal("10.244.0.0/24", Assert.Single(state.PodCidrs).ToString());
    }

    private const int EndpointConditions_ReadyServing = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    public async Task List_ThatComesInPieces_IsReadWhole(int piece)
    {
        var items = string.Join(',', Enumerable.Range(0, 300).Select(i => ApiObjects.Slice($"web-{i}", "http/TCP/8080", "10.244.0.2 10.244.0.3@node2").Replace("\"metadata\":{", "\"metadata\":{\"managedFields\":[{\"f\":{\"a\":[1,2]}}],")));
        using var stream = new PieceStream(System.Text.Encoding.UTF8.GetBytes($"{{\"metadata\":{{\"resourceVersion\":\"5\"}},\"items\":[{items}]}}"), piece);

        var list = (await JsonSerializer.DeserializeAsync(stream, ProxyResources.EndpointSlices.ListInfo, TestContext.Current.CancellationToken))!;

        Assert.Equal(300, list.Items.Count);
        Assert.All(list.Items, (item, i) => Assert.Equal(($"web-{i}", 2), (item.Record!.Service.Name, item.Record.Endpoints.Length)));
    }

    private ServiceRecord? Read(string json)
    {
        var read = JsonSerializer.Deserialize(json, ProxyResources.Services.ItemInfo)!;
        problems = read.Problems;
        return read.Record;
    }

    private SliceRecord? Slice(string json)
    {
        var read = JsonSerializer.Deserialize(json, ProxyResources.EndpointSlices.ItemInfo)!;
        problems = read.Problems;
        return read.Record;
    }

    /// <summary>Gives few bytes at a time.</summary>
    private sealed class PieceStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
