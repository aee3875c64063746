using System.Net;
using System.Net.Sockets;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>The agent killed while pods talk: its neighbours keep its routes for as long as it said, and the kernel keeps what it had.</summary>
public class RestartTests
{
    [Fact]
    public async Task AgentKilled_PodsLoseNothing_AndOneThatStaysAwayLosesItsRoutes()
    {
        await using var network = await CalicoNetwork.StartAsync(3);
        await network.Api.PoolAsync("bgp", "10.244.0.0/16");
        await network.Api.PoolAsync("vxlan", "10.245.0.0/16", static spec => spec.VxlanMode = "Always");
        await network.Api.Client.CreateAsync(CalicoResources.BgpConfigurations, new BgpConfiguration { Metadata = { Name = "default" }, Spec = { NodeMeshMaxRestartTime = "20s" } }, TestApi.Cancel);
        await network.StartNodesAsync();
        var (one, two, tunnelled) = (await AttachAsync(network[1], "one", "bgp"), await AttachAsync(network[2], "two", "bgp"), await AttachAsync(network[1], "three", "vxlan"));
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(two, one);
        await CalicoNetwork.AssertReachesAsync(tunnelled, two);
        var (mine, theirs) = (new IpPrefix(one.Address, 26).Masked, new IpPrefix(two.Address, 26).Masked);
        var before = network[1].Ip("route");
        Assert.Contains($"{theirs} via 10.89.0.12 dev eth0 proto 80", before, StringComparison.Ordinal);

        // Back within the time: every datagram of the whole restart has arrived, in both directions, and a TCP stream has gone on.
        await using (var stream = await EchoStream.StartAsync(one, two))
        await using (var back = await EchoStream.StartAsync(two, one))
        {
            await network[1].KillAsync();
            await Task.WhenAll(stream.MoreAsync(), back.MoreAsync());
            Assert.Equal(before, network[1].Ip("route"));
            Assert.Contains($"{mine} via 10.89.0.11", network[2].Ip("route"), StringComparison.Ordinal);
            var started = network[1].Log.Length;
            network[1].Start();
            await CalicoNetwork.UntilAsync("it is back", () => network[1].Log[started..] is var log && log.Contains("Ready:", StringComparison.Ordinal) && log.Contains("10.89.0.12: established", StringComparison.Ordinal) && log.Contains("10.89.0.13: established", StringComparison.Ordinal) ? null : log);
            Assert.Contains("Adopted ", network[1].Log[started..], StringComparison.Ordinal);
            await Task.WhenAll(stream.MoreAsync(), back.MoreAsync());
            Assert.Equal((0, 0), (await stream.LostAsync(), await back.LostAsync()));
        }

        await CalicoNetwork.UntilAsync("the routes are as they were", () => network[1].Ip("route") == before ? null : $"{before}\n{network[1].Ip("route")}");
        Assert.Contains($"{mine} via 10.89.0.11", network[2].Ip("route"), StringComparison.Ordinal);

        // Away for longer: the others keep its routes for the time that it asked for, and take them away after it.
        var configuration = await network.Api.Client.GetAsync(CalicoResources.BgpConfigurations, null, "default", TestApi.Cancel);
        configuration.Spec.NodeMeshMaxRestartTime = "3s";
        var logged = Enumerable.Range(1, 3).ToDictionary(static number => number, number => network[number].Log.Length);
        await network.Api.Client.UpdateAsync(CalicoResources.BgpConfigurations, configuration, TestApi.Cancel);
        foreach (var agreed in (Func<string, int, bool>[])[static (log, _) => log.Contains("BGP: a mesh of 3 nodes; configuration changed", StringComparison.Ordinal), HasSessions])
        {
            foreach (var (number, length) in logged)
            {
                await CalicoNetwork.UntilAsync("another time was agreed on", () => agreed(network[number].Log[length..], number) ? null : network[number].Log);
            }
        }

        await CalicoNetwork.UntilAsync("the routes are as they were", () => network[1].Ip("route") == before ? null : $"{before}\n{network[1].Ip("route")}");
        await CalicoNetwork.AssertReachesAsync(one, two);
        await network[1].KillAsync();
        Assert.Contains($"{mine} via 10.89.0.11", network[2].Ip("route"), StringComparison.Ordinal);
        foreach (var number in (int[])[2, 3])
        {
            await CalicoNetwork.UntilAsync("its routes go", () => network[number].Ip("route").Contains($"{mine} via", StringComparison.Ordinal) ? network[number].Log : null);
        }

        // Its own kernel keeps everything, and it is back where it was once it runs again.
        Assert.Equal(before, network[1].Ip("route"));
        network[1].Start();
        await CalicoNetwork.AssertReachesAsync(one, two);
        await CalicoNetwork.AssertReachesAsync(two, one);
    }

    private static async Task<CalicoPod> AttachAsync(CalicoNode node, string name, string pool) =>
        (await node.PodAsync(name, pod => pod.Metadata.Annotations["cni.projectcalico.org/ipv4pools"] = $"[\"{pool}\"]")).Attach();

    /// <summary>All sessions have ended, each for whichever end was the first to change, and are there again.</summary>
    private static bool HasSessions(string log, int own) => Enumerable.Range(1, 3).All(number => number == own
        || (log.LastIndexOf($"10.89.0.1{number}: session lost", StringComparison.Ordinal) is >= 0 and var lost && log.LastIndexOf($"10.89.0.1{number}: established", StringComparison.Ordinal) > lost));

    /// <summary>Numbered datagrams every two milliseconds from one pod to another, which sends each back, and a TCP connection beside them.</summary>
    private sealed class EchoStream : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Socket sender;
        private readonly Socket echo;
        private readonly Socket client;
        private readonly Socket server;
        private readonly HashSet<int> returned = [];
        private Task running = Task.CompletedTask;
        private int sent;

        private EchoStream(Socket sender, Socket echo, Socket client, Socket server) => (this.sender, this.echo, this.client, this.server) = (sender, echo, client, server);

        public static async Task<EchoStream> StartAsync(CalicoPod from, CalicoPod to)
        {
            var echo = to.Namespace.Run(() => Bound(SocketType.Dgram, ProtocolType.Udp, to.Address));
            var sender = from.Namespace.Run(() => Bound(SocketType.Dgram, ProtocolType.Udp, from.Address));
            sender.Connect(echo.LocalEndPoint!);
            using var listener = to.Namespace.Run(() => Bound(SocketType.Stream, ProtocolType.Tcp, to.Address));
            listener.Listen();
            var client = from.Namespace.Run(() => Bound(SocketType.Stream, ProtocolType.Tcp, from.Address));
            await client.ConnectAsync(listener.LocalEndPoint!, TestApi.Cancel);
            var stream = new EchoStream(sender, echo, client, await listener.AcceptAsync(TestApi.Cancel));
            stream.running = Task.WhenAll(stream.SendAsync(), stream.EchoAsync(), stream.ReturnAsync());
            await stream.MoreAsync();
            return stream;
        }

        /// <summary>Waits until a hundred more datagrams have come back, and sends a text over the connection and back.</summary>
        public async Task MoreAsync()
        {
            var want = Returned + 100;
            await CalicoNetwork.UntilAsync("datagrams come back", () => Returned >= want ? null : $"{Returned} of {Volatile.Read(ref sent)}");
            var text = new byte[4096];
            Random.Shared.NextBytes(text);
            await client.SendAsync(text, TestApi.Cancel);
            var read = new byte[text.Length];
            for (var length = 0; length < read.Length;)
            {
                length += await server.ReceiveAsync(read.AsMemory(length), TestApi.Cancel) is > 0 and var count ? count : throw new IOException("the connection ended");
            }

            Assert.Equal(text, read);
        }

        /// <summary>Stops sending; how many datagrams never came back.</summary>
        public async Task<int> LostAsync()
        {
            await stop.CancelAsync();
            var all = Volatile.Read(ref sent);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (Returned < all && clock.Elapsed < TimeSpan.FromSeconds(5))
            {
                await Task.Delay(20, TestApi.Cancel);
            }

            return Volatile.Read(ref sent) - Returned;
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            foreach (var socket in (Socket[])[sender, echo, client, server])
            {
                socket.Dispose();
            }

            await running.ContinueWith(static _ => { }, TaskScheduler.Default);
            stop.Dispose();
        }

        private int Returned
        {
            get
            {
                lock (returned)
                {
                    return returned.Count;
                }
            }
        }

        private static Socket Bound(SocketType type, ProtocolType protocol, IpAddress address)
        {
            var socket = new Socket(AddressFamily.InterNetwork, type, protocol) { ReceiveBufferSize = 1 << 20 };
            socket.Bind(new IPEndPoint(address.ToIPAddress(), 0));
            return socket;
        }

        private async Task SendAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await sender.SendAsync(BitConverter.GetBytes(sent));
                Interlocked.Increment(ref sent);
                await Task.Delay(2);
            }
        }

        private async Task EchoAsync()
        {
            var buffer = new byte[16];
            while (true)
            {
                var got = await echo.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await echo.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), got.RemoteEndPoint);
            }
        }

        private async Task ReturnAsync()
        {
            var buffer = new byte[16];
            while (await sender.ReceiveAsync(buffer) > 0)
            {
                lock (returned)
                {
                    returned.Add(BitConverter.ToInt32(buffer));
                }
            }
        }
    }
}
