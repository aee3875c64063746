using System.Net;
using System.Net.Sockets;
using Podwire.Proxy.Tests.Interop;
using static Podwire.Proxy.Tests.Model.ApiObjects;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>Services of every shape, and Services that change.</summary>
public abstract partial class TrafficTests
{
    [Fact]
    public async Task Ports_SeveralAndNamedDifferentlyPerPod_ReachEachItsOwn()
    {
        using var other = node.Listen("p2", 9090);
        node.Api.Set(Services, "default", "multi", Service("multi", "10.96.5.1", "http/TCP/80 admin/TCP/81 dns/UDP/80"));
        node.Api.Set(Slices, "default", "multi-a", Slice("multi", "http/TCP/8080 dns/UDP/5353", "10.244.0.2").Replace("multi-IPv4", "multi-a", StringComparison.Ordinal));
        node.Api.Set(Slices, "default", "multi-b", Slice("multi", "http/TCP/9090", "10.244.0.3").Replace("multi-IPv4", "multi-b", StringComparison.Ordinal));
        node.Api.Set(Slices, "default", "multi-c", Slice("multi", "admin/TCP/8080", "10.244.0.4").Replace("multi-IPv4", "multi-c", StringComparison.Ordinal));
        await ServedAsync("p3", "10.96.5.1", 81, "p3");

        Assert.Equal(["p1", "p2"], (await node.AskAllAsync("p3", "10.96.5.1", 80, "p1", "p2")).Order());
        Assert.Equal(["p3"], await node.AskAllAsync("client", "10.96.5.1", 81, "p3"));
        using var datagrams = await UdpAsync("client", "10.96.5.1", 80);
        Assert.Equal("p1", await TestNode.AskUdpAsync(datagrams, 3000));
    }

    [Fact]
    public async Task NodePort_TcpAndUdpOnOneNumber_AreKeptApart()
    {
        Publish("twice", "10.96.5.2", "http/TCP/80/30502 dns/UDP/53/30502", "http/TCP/8080 dns/UDP/5353", "10.244.0.3");
        await ServedAsync("client", "10.89.0.11", 30502, "p2");

        using var datagrams = await UdpAsync("client", "192.168.7.1", 30502);
        Assert.Equal("p2", await TestNode.AskUdpAsync(datagrams, 3000));
    }

    [Fact]
    public async Task Service_PortsAndTypeChanged_DeletedAndMadeAnew_IsFollowed()
    {
        Publish("shifty", "10.96.5.3", "http/TCP/80/30503", "http/TCP/8080", "10.244.0.2");
        await ServedAsync("client", "10.89.0.11", 30503, "p1");

        Publish("shifty", "10.96.5.3", "http/TCP/81/30504", "http/TCP/8080", "10.244.0.2");
        await ServedAsync("client", "10.89.0.11", 30504, "p1");
        await ServedAsync("p3", "10.96.5.3", 81, "p1");
        await ServedAsync("p3", "10.96.5.3", 80, null);
        await ServedAsync("client", "10.89.0.11", 30503, null);

        Publish("shifty", "10.96.5.3", "http/TCP/81", "http/TCP/8080", "10.244.0.2", spec: ",\"type\":\"ClusterIP\"");
        await ServedAsync("client", "10.89.0.11", 30504, null);
        await ServedAsync("p3", "10.96.5.3", 81, "p1");

        node.Api.Delete(Services, "default", "shifty");
        node.Api.Delete(Slices, "default", "shifty-IPv4");
        await ServedAsync("p3", "10.96.5.3", 81, null);
        Publish("shifty", "10.96.5.3", "http/TCP/81", "http/TCP/8080", "10.244.0.3");
        await ServedAsync("p3", "10.96.5.3", 81, "p2");
    }

    [Fact]
    public async Task ExternalIp_FromOutsideNodeAndPod_IsServed()
    {
        Publish("outer", "10.96.5.4", "http/TCP/80", "http/TCP/8080", "10.244.0.3", spec: ",\"externalIPs\":[\"203.0.113.54\"]");
        await ServedAsync("client", "203.0.113.54", 80, "p2");

        Assert.Equal("p2 10.244.0.1", await node.AskAsync("client", "203.0.113.54", 80));
        Assert.StartsWith("p2", await node.AskAsync("p1", "203.0.113.54", 80));
        Assert.StartsWith("p2", await node.AskAsync("node", "203.0.113.54", 80));
    }

    [Theory]
    [InlineData("p1", "10.96.5.5", 132)]
    [InlineData("client", "10.89.0.11", 30505)]
    public async Task Sctp_InitToClusterIpAndNodePort_ReachesTheEndpointAtItsPort(string from, string address, ushort port)
    {
        Publish("diameter", "10.96.5.5", "diameter/SCTP/132/30505", "diameter/SCTP/3868", "10.244.0.3");
        using var server = node["p2"].Run(static () => RawSocket.Open(132));
        using var client = node[from].Run(static () => RawSocket.Open(132));

        await TestNode.EventuallyAsync(async () => await SctpInit.ExchangeAsync(client, address, port, server, patience: 500) == 3868, "the INIT comes to the endpoint");
    }

    [Fact]
    public async Task Packet_ThatConntrackCallsInvalid_DoesNotComeToTheClientUntranslated()
    {
        // The endpoint sees the client itself, so that what it sends back untranslated would reach the client, which would reset a connection that it knows nothing of.
        Publish("valid", "10.96.5.6", "http/TCP/80/30506", "http/TCP/8080", "10.244.0.3", spec: ",\"externalTrafficPolicy\":\"Local\"");
        await ServedAsync("client", "10.89.0.11", 30506, "p2");
        using var session = node["client"].Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await session.ConnectAsync(IPAddress.Parse("10.89.0.11"), 30506, TestContext.Current.CancellationToken);
        var buffer = new byte[64];
        Assert.True(await session.ReceiveAsync(buffer) > 0);
        var port = (ushort)((IPEndPoint)session.LocalEndPoint!).Port;
        using var endpoint = node["p2"].Run(static () => RawSocket.Open(6));
        using var client = node["client"].Run(static () => RawSocket.Open(6));

        // At least one of the two is far outside of the window; the third belongs to no connection, so that it is let through and tells when to stop listening.
        foreach (var (from, sequence) in ((ushort, uint)[])[(8080, 0x10000000), (8080, 0x90000000), (8081, 1)])
        {
            await endpoint.SendToAsync(TcpSegment.Acknowledge("10.244.0.3", from, "10.89.0.99", port, sequence), new IPEndPoint(IPAddress.Parse("10.89.0.99"), 0), TestContext.Current.CancellationToken);
        }

        var seen = new List<int>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var packet = new byte[2048];
        while (!seen.Contains(8081))
        {
            var length = await client.ReceiveAsync(packet, limit.Token);
            if (TcpSegment.IsFrom(packet.AsSpan(0, length), "10.244.0.3", out var source))
            {
                seen.Add(source);
            }
        }

        Assert.Equal([8081], seen);
        await session.SendAsync("alive"u8.ToArray());
        Assert.Equal("alive", System.Text.Encoding.ASCII.GetString(buffer, 0, await session.ReceiveAsync(buffer)));
    }

    private async Task<Socket> UdpAsync(string from, string address, int port)
    {
        var socket = node[from].Run(static () => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        await socket.ConnectAsync(IPAddress.Parse(address), port, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Waits until a connection is answered by the pod, or, without one, by none.</summary>
    private protected Task ServedAsync(string from, string address, int port, string? pod) => TestNode.EventuallyAsync(
        async () => (await node.AskAsync(from, address, port, 500)) is var answer && (pod is null ? answer is null or "timeout" or "unreachable" : answer?.StartsWith(pod, StringComparison.Ordinal) == true),
        $"{address}:{port} from {from} leads to {pod ?? "nobody"}");
}
