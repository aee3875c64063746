using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Tests;

/// <summary>Nodes on one link, 10.89.0.0/24 and fd00:89::/64, each with a pod; the API server is an object store that all share.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly NetNamespace underlay;

    public TestCluster(int count, int podMtu = 1400)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        underlay = NetNamespace.Create($"/run/netns/{Prefix}-u");
        using var route = RouteSocket.Open(underlay);
        route.AddLink(new BridgeSpec("underlay") { Up = true });
        var bridge = route.GetLink("underlay")!.Index;
        route.AddAddress(new AddressEntry(bridge, IpPrefix.Parse("10.89.0.1/24")));
        var list = new List<TestNode>();
        for (var number = 1; number <= count; number++)
        {
            var node = new TestNode(this, number);
            list.Add(node);
            route.AddLink(new VethSpec($"node{number}", "eth0") { Up = true, MasterIndex = bridge, PeerNamespace = node.Namespace });
            using var inside = RouteSocket.Open(node.Namespace);
            var eth0 = inside.GetLink("eth0")!.Index;
            inside.AddAddress(new AddressEntry(eth0, IpPrefix.Parse($"10.89.0.1{number}/24")));
            inside.AddAddress(new AddressEntry(eth0, IpPrefix.Parse($"fd00:89::1{number}/64")) { Flags = AddressFlags.NoDad });
            inside.SetLink(eth0, new LinkChange { Up = true });
            inside.SetLink("lo", new LinkChange { Up = true });
            node.MakePod(podMtu);
        }

        All = list;
        Nodes.Replace(list.Select(ApiNode));
    }

    /// <summary>Whether the agents make packet filter rules; a kernel in which nftables has no IPv4 cannot.</summary>
    public bool Rules
    {
        init
        {
            foreach (var node in All)
            {
                node.Rules = value;
            }
        }
    }

    public string Prefix { get; } = $"netlink-fl-{Guid.NewGuid().ToString("N")[..6]}";

    public ObjectStore<Node> Nodes { get; } = new();

    public IReadOnlyList<TestNode> All { get; }

    public TestNode this[int number] => All[number - 1];

    public static NetConf NetConf(BackendConf backend, bool dualStack = false) => new()
    {
        NetworkV4 = IpPrefix.Parse("10.244.0.0/16"),
        EnableNftables = true,
        NetworkV6 = dualStack ? IpPrefix.Parse("fd00:10:244::/48") : null,
        Backend = backend,
    };

    public static string Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode}: {error.Result}");
    }

    public static Node ApiNode(TestNode node) => new()
    {
        Metadata = { Name = node.Name, ResourceVersion = "1" },
        Spec = { PodCIDR = $"10.244.{node.Number}.0/24", PodCIDRs = [$"10.244.{node.Number}.0/24", $"fd00:10:244:{node.Number}::/64"] },
    };

    public static async Task UntilAsync(string what, Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < Patience, $"never came true: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Starts every agent and waits until each has a route to each other node.</summary>
    public async Task StartAsync(NetConf netConf)
    {
        foreach (var node in All)
        {
            node.Start(netConf);
        }

        foreach (var node in All)
        {
            await node.Agent!.Ready.WaitAsync(Patience, TestContext.Current.CancellationToken);
            await UntilAsync($"{node.Name} has its routes", () => netConf.Backend.Type == BackendType.Udp
                ? node.Agent!.Carries(All.Count - 1)
                : Routes(node).Count == All.Count - 1);
        }
    }

    /// <summary>The routes into other nodes' pod subnets that a node has.</summary>
    public List<string> Routes(TestNode node) => [.. node.Ip("-4 route show")
        .Select(route => (string)route!["dst"]!)
        .Where(destination => destination.StartsWith("10.244.", StringComparison.Ordinal) && destination != $"10.244.{node.Number}.0/24")];

    /// <summary>Sends 200,000 bytes from one pod to another and back over TCP: neither routes nor MTU may be in the way.</summary>
    public static async Task AssertReachesAsync(TestNode from, TestNode to, IpFamily family = IpFamily.V4)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        var addressFamily = family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        using var listener = to.Pod.Run(() =>
        {
            var socket = new Socket(addressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(to.PodAddress(family).ToIPAddress(), 0));
            socket.Listen();
            return socket;
        });
        using var client = from.Pod.Run(() => new Socket(addressFamily, SocketType.Stream, ProtocolType.Tcp));
        var echo = EchoAsync(listener, from.PodAddress(family).ToIPAddress(), limit.Token);
        await client.ConnectAsync(listener.LocalEndPoint!, limit.Token);
        var sent = new byte[200_000];
        Random.Shared.NextBytes(sent);
        await using var stream = new NetworkStream(client, ownsSocket: false);
        var sending = Task.Run(
            async () =>
            {
                await stream.WriteAsync(sent, limit.Token);
                client.Shutdown(SocketShutdown.Send);
            },
            limit.Token);
        var received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received, limit.Token);
        await sending;
        await echo;
        Assert.Equal(sent, received);
    }

    /// <summary>What a connection to a port where nobody listens ends with; it waits two seconds at most.</summary>
    public static SocketError ConnectFails(TestNode from, TestNode to)
    {
        using var client = from.Pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            client.ConnectAsync(new IPEndPoint(to.PodAddress(IpFamily.V4).ToIPAddress(), 1), limit.Token).AsTask().GetAwaiter().GetResult();
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }
    }

    /// <summary>
    /// UDP between pods: the largest datagram that needs no fragments, with don't-fragment set, and larger ones that do. What arrives must be what was
    /// sent; the receiving kernel drops datagrams with a wrong checksum.
    /// </summary>
    public static async Task AssertDatagramsAsync(TestNode from, TestNode to, int mtu, IpFamily family = IpFamily.V4)
    {
        var addressFamily = family == IpFamily.V4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        var headers = family == IpFamily.V4 ? 28 : 48;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using var receiver = to.Pod.Run(() => Bound(to));
        using var sender = from.Pod.Run(() => Bound(from));
        foreach (var (length, whole) in new[] { (1, true), (mtu - headers, true), (mtu - headers + 1, false), (9000, false), (60_000, false) })
        {
            if (family == IpFamily.V4)
            {
                sender.DontFragment = whole;
            }

            var sent = new byte[length];
            Random.Shared.NextBytes(sent);
            var received = new byte[65_536];
            var arriving = receiver.ReceiveFromAsync(received, SocketFlags.None, receiver.LocalEndPoint!, limit.Token).AsTask();
            Assert.Equal(length, await sender.SendToAsync(sent, SocketFlags.None, receiver.LocalEndPoint!, limit.Token));
            var arrived = await arriving;
            Assert.Equal(sent, received[..arrived.ReceivedBytes]);
            Assert.Equal(from.PodAddress(family).ToIPAddress(), ((IPEndPoint)arrived.RemoteEndPoint).Address);
        }

        Socket Bound(TestNode node)
        {
            var socket = new Socket(addressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(node.PodAddress(family).ToIPAddress(), 0));
            return socket;
        }
    }

    /// <summary>The address that a host outside the cluster sees when a pod connects to it.</summary>
    public async Task<IPAddress> SeenOutsideAsync(TestNode from)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using var listener = underlay.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.89.0.1"), 0));
            socket.Listen();
            return socket;
        });
        using var client = from.Pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await client.ConnectAsync(listener.LocalEndPoint!, limit.Token);
        using var accepted = await listener.AcceptAsync(limit.Token);
        return ((IPEndPoint)accepted.RemoteEndPoint!).Address;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in All)
        {
            await node.DisposeAsync();
        }

        underlay.Dispose();
        NetNamespace.Delete(underlay.Path);
    }

    private static async Task EchoAsync(Socket listener, IPAddress expectedPeer, CancellationToken cancel)
    {
        using var socket = await listener.AcceptAsync(cancel);

        // The pod's own address: nothing on the way may have translated it.
        Assert.Equal(expectedPeer, ((IPEndPoint)socket.RemoteEndPoint!).Address);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.CopyToAsync(stream, cancel);
    }
}
