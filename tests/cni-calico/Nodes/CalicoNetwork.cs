using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Podwire.Kube;
using Podwire.Kube.Objects;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;
using Sysctl = Podwire.Netlink.Namespaces.Sysctl;

namespace Podwire.CniCalico.Tests.Nodes;

/// <summary>Nodes on one link, 10.89.0.0/24, with a real API server that they reach over it.</summary>
internal sealed partial class CalicoNetwork : IAsyncDisposable
{

    // The slowest that is waited for is two nodes in User Mode Linux, whose one processor starts their agents and compiles the API server of this process
    // meanwhile: measured on two processors with 16 others' processes, 9 s with the shipped executables, 20 s with agents that are compiled as they
    // start. Nothing in it sleeps. Three times that.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly NetNamespace underlay;
    private readonly List<CalicoNode> nodes = [];

    // .NET's one thread for sockets is made with the first of them, in the namespace of that thread, and the pool's threads that it makes stay
    // there too. So the first one is made here.
    static CalicoNetwork()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.ConnectAsync((IPEndPoint)listener.LocalEndpoint).Wait();
    }

    private CalicoNetwork() => underlay = NetNamespace.Create($"/run/netns/{Prefix}-u");

    public string Prefix { get; } = $"netlink-ca-{Guid.NewGuid().ToString("N")[..6]}";

    public TestApi Api { get; private set; } = null!;

    public CalicoNode this[int number] => nodes[number - 1];

    public static async Task<CalicoNetwork> StartAsync(int count, bool v6 = false, Action<Node>? more = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        var network = new CalicoNetwork();
        try
        {
            await network.MakeAsync(count, v6, more);
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public static string Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode}: {error.Result}");
    }

    /// <summary>Waits until there is no problem any more; fails with the last one.</summary>
    public static async Task UntilAsync(string what, Func<string?> problem)
    {
        var clock = Stopwatch.StartNew();
        while (problem() is { } last)
        {
            Assert.True(clock.Elapsed < Patience, $"never came true: {what}: {last}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public static async Task UntilAsync(string what, Func<Task<string?>> problem)
    {
        var clock = Stopwatch.StartNew();
        while (await problem() is { } last)
        {
            Assert.True(clock.Elapsed < Patience, $"never came true: {what}: {last}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async Task StartNodesAsync(params string[] flags)
    {
        nodes.ForEach(node => node.Start(flags));
        foreach (var node in nodes)
        {
            await node.ReadyAsync();
        }
    }

    /// <summary>64 kB there and back over TCP between two pods, once there is a way; nobody on it may have translated the address.</summary>
    public static async Task AssertReachesAsync(CalicoPod from, CalicoPod to)
    {
        using var listener = to.Namespace.Run(() => Bound(to.Address));
        var problem = "no answer";
        await UntilAsync($"{from.Name} {from.Address} reaches {to.Name} {to.Address}", () => TryReach(from, to, listener, ref problem) ? null : $"{problem}\n{from.Node.Ip("route")}\n{from.Node.Log}\n{to.Node.Ip("route")}\n{to.Node.Log}");
    }

    /// <summary>The address that a machine outside sees when a pod connects to it.</summary>
    public IPAddress SeenOutside(CalicoPod from)
    {
        using var outside = underlay.Run(() => Bound(IpAddress.Parse("10.89.0.1")));
        using var client = from.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        client.ConnectAsync(outside.LocalEndPoint!).Wait(5000);
        using var accepted = outside.Accept();
        return ((IPEndPoint)accepted.RemoteEndPoint!).Address;
    }

    public async ValueTask DisposeAsync()
    {
        machines.ForEach(static machine => machine.Dispose());
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }

        if (Api is not null)
        {
            await Api.DisposeAsync();
        }

        underlay.Dispose();
        NetNamespace.Delete(underlay.Path);
    }

    private static Socket Bound(IpAddress address)
    {
        var socket = new Socket(address.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address.ToIPAddress(), 0));
        socket.Listen();
        return socket;
    }

    private static bool TryReach(CalicoPod from, CalicoPod to, Socket listener, ref string problem)
    {
        using var client = from.Namespace.Run(() => new Socket(listener.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = 2000, ReceiveTimeout = 2000 });
        try
        {
            if (!client.ConnectAsync(listener.LocalEndPoint!).Wait(1000))
            {
                problem = "no connection within a second";
                return false;
            }
        }
        catch (AggregateException e)
        {
            problem = e.InnerException!.Message;
            return false;
        }

        using var server = listener.Accept();
        Assert.Equal(from.Address.ToIPAddress(), ((IPEndPoint)server.RemoteEndPoint!).Address);
        var sent = new byte[65_536];
        Random.Shared.NextBytes(sent);
        var sending = Task.Run(() => client.Send(sent));
        var received = new byte[sent.Length];
        for (var length = 0; length < received.Length;)
        {
            length += server.Receive(received, length, received.Length - length, SocketFlags.None);
        }

        sending.Wait();
        Assert.Equal(sent, received);
        return true;
    }

    private async Task MakeAsync(int count, bool v6, Action<Node>? more)
    {
        using var route = RouteSocket.Open(underlay);
        route.SetLink("lo", new LinkChange { Up = true });
        route.AddLink(new BridgeSpec("underlay") { Up = true });
        var bridge = route.GetLink("underlay")!.Index;
        route.AddAddress(new AddressEntry(bridge, IpPrefix.Parse("10.89.0.1/24")));
        var listener = underlay.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.89.0.1"), 6443));
            socket.Listen(512);
            return socket;
        });
        Api = await TestApi.StartAsync(listener);
        for (var number = 1; number <= count; number++)
        {
            var node = new CalicoNode(this, number) { V6 = v6 };
            nodes.Add(node);
            route.AddLink(new VethSpec($"node{number}", "eth0") { Up = true, MasterIndex = bridge, PeerNamespace = node.Namespace });
            using var inside = RouteSocket.Open(node.Namespace);
            var eth0 = inside.GetLink("eth0")!.Index;
            inside.AddAddress(new AddressEntry(eth0, IpPrefix.Parse($"10.89.0.1{number}/24")));
            inside.AddAddress(new AddressEntry(eth0, IpPrefix.Parse($"fd00:89::1{number}/64")) { Flags = AddressFlags.NoDad });
            inside.SetLink(eth0, new LinkChange { Up = true });
            inside.SetLink("lo", new LinkChange { Up = true });
            node.Namespace.Run(static () =>
            {
                Sysctl.Write("net/ipv4/ip_forward", "1");
                Sysctl.Write("net/ipv4/conf/all/rp_filter", "0");
            });
            var api = new Node { Metadata = { Name = node.Name, Labels = { ["number"] = $"{number}" } } };
            api.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = $"10.89.0.1{number}" });
            if (v6)
            {
                api.Status.Addresses.Add(new NodeAddress { Type = "InternalIP", Address = $"fd00:89::1{number}" });
            }

            more?.Invoke(api);
            var stored = await Api.Client.CreateAsync(KubeResources.Nodes, api, TestApi.Cancel);
            stored.Status = api.Status;
            await Api.Client.UpdateStatusAsync(KubeResources.Nodes, stored, TestApi.Cancel);
        }
    }
}
