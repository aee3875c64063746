using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.FakeApi;
using Podwire.Iptables;
using Podwire.Kube;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Config;
using Podwire.Proxy.Tests.Model;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.Proxy.Tests.Kernel;

/// <summary>
/// A node with three pods and a client outside, in namespaces of their own: pods 10.244.0.2 to .4 (fd44::2 to ::4) behind the bridge cni0,
/// the node at 10.89.0.11 and 192.168.7.1, the client at 10.89.0.99. A proxy runs on the node, fed by a fake API server.
/// </summary>
public class TestNode : IAsyncLifetime
{
    private static int count;

    // Classes run side by side, each with its own namespaces.
    private readonly string prefix = $"proxy-{Environment.ProcessId}-{Interlocked.Increment(ref count)}-";
    private readonly Dictionary<string, NetNamespace> namespaces = [];
    private readonly List<IDisposable> servers = [];
    private CancellationTokenSource stop = new();
    private Task running = Task.CompletedTask;
    private KubeClient? client;
    private ProxyNode? node;

    /// <summary>The proxy's mode.</summary>
    internal virtual ProxyMode Mode => ProxyMode.Nftables;

    internal FakeApiServer Api { get; } = new();

    /// <summary>The configuration, as a mode's tests need it.</summary>
    internal virtual ProxyOptions Configure(ProxyOptions options) => options;

    internal ProxyKernel Kernel { get; private set; } = null!;

    internal ProxyNode Proxy => node!;

    internal bool HasProxy => node is not null;

    /// <summary>What <c>ip netns exec</c> calls the namespace.</summary>
    internal string NameOf(string ns) => prefix + ns;

    internal NetNamespace this[string name] => namespaces[name];

    public virtual async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        Assert.SkipUnless(File.Exists("/sbin/ip") || File.Exists("/usr/sbin/ip") || File.Exists("/bin/ip"), "lacks: iproute2");
        foreach (var name in (string[])["node", "p1", "p2", "p3", "client"])
        {
            namespaces[name] = NetNamespace.Create($"/run/netns/{prefix}{name}");
        }

        Shell(Topology);
        await Api.StartAsync();
        Api.Set(ApiObjects.Nodes, "", "node1", ApiObjects.Node("node1"));
        Serve();
        await StartProxyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (namespaces.Count == 0)
        {
            return;
        }

        if (node is not null)
        {
            await StopProxyAsync();
        }

        await Api.DisposeAsync();
        servers.ForEach(server => server.Dispose());
        foreach (var (name, ns) in namespaces)
        {
            ns.Dispose();
            NetNamespace.Delete($"/run/netns/{prefix}{name}");
        }
    }

    internal async Task StartProxyAsync(bool waitForSync = true, ProxyMode? mode = null, Func<ProxyOptions, ProxyOptions>? with = null)
    {
        stop = new();
        client = new(new KubeConfig { Server = new(Api.Address) });
        Kernel = this["node"].Run(ProxyKernel.Open);
        var options = new ProxyOptions
        {
            NodeName = "node1",
            Mode = mode ?? Mode,
            ClusterCidrs = [IpPrefix.Parse("10.244.0.0/16"), IpPrefix.Parse("fd44::/16")],
            HealthzBindAddress = "127.0.0.1:0",
            MetricsBindAddress = "127.0.0.1:0",
        };
        options = Configure(options);
        node = new(with is null ? options : with(options), client, Kernel, NullLoggerFactory.Instance);
        running = node.RunAsync(stop.Token);
        if (waitForSync)
        {
            await Task.WhenAny(node.FirstSync, running);
            await node.FirstSync.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    internal async Task StopProxyAsync()
    {
        await stop.CancelAsync();
        await running;
        await node!.DisposeAsync();
        client!.Dispose();
        Kernel.Dispose();
        node = null;
    }

    /// <summary>Connects from a namespace and says what the server answers: «pod client-address». Null if refused, «timeout» if nothing comes.</summary>
    internal async Task<string?> AskAsync(string from, string address, int port, int patience = 3000)
    {
        var target = IPAddress.Parse(address);
        using var socket = this[from].Run(() => new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await socket.ConnectAsync(target, port, limit.Token);
            var buffer = new byte[128];
            var count = await socket.ReceiveAsync(buffer, limit.Token);
            return System.Text.Encoding.ASCII.GetString(buffer, 0, count);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostUnreachable or SocketError.NetworkUnreachable)
        {
            return "unreachable";
        }
        catch (OperationCanceledException)
        {
            return "timeout";
        }
    }

    /// <summary>Sends a datagram and gives the answer; null if none comes at once.</summary>
    internal static async Task<string?> AskUdpAsync(Socket socket, int patience = 200)
    {
        var buffer = new byte[64];
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await socket.SendAsync("?"u8.ToArray(), limit.Token);
            return System.Text.Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Another server of a pod's, which answers as the one on 8080 does.</summary>
    internal Socket Listen(string pod, int port)
    {
        var server = this[pod].Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            socket.Listen(64);
            return socket;
        });
        _ = AcceptAsync(server, pod);
        return server;
    }

    /// <summary>An HTTP answer, head and body, asked for from a namespace; empty where nobody answers.</summary>
    internal string Get(string from, string address, int port, string path) =>
        Run(from, $"exec 3<>/dev/tcp/{address}/{port} && printf 'GET {path} HTTP/1.0\\r\\nHost: node\\r\\n\\r\\n' >&3 && cat <&3 || true");

    /// <summary>A number on /metrics; 0 where there is none.</summary>
    internal async Task<double> MetricAsync(string name)
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync($"http://127.0.0.1:{Proxy.Endpoints.MetricsPort}/metrics");
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(name.Length + 1)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Asks until each of the answers has come, and returns all that came meanwhile.</summary>
    internal async Task<HashSet<string>> AskAllAsync(string from, string address, int port, params string[] pods)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 400 && !seen.IsSupersetOf(pods); i++)
        {
            seen.Add((await AskAsync(from, address, port))?.Split(' ')[0] ?? "refused");
        }

        return seen;
    }

    /// <summary>Tries until it holds; fails after a minute.</summary>
    internal static async Task EventuallyAsync(Func<Task<bool>> check, string what)
    {
        var began = Stopwatch.StartNew();
        while (!await check())
        {
            Assert.True(began.Elapsed < TimeSpan.FromMinutes(1), $"does not come about: {what}");
            await Task.Delay(20);
        }
    }

    internal Table? ReadTable(TableId id)
    {
        using var socket = this["node"].Run(NftSocket.Open);
        return socket.ReadTable(id);
    }

    internal IptablesListing ListIptables(IpFamily family) => new IptablesPrograms(this["node"]).List(family);

    internal uint Generation()
    {
        using var socket = this["node"].Run(NftSocket.Open);
        return socket.GetGeneration();
    }

    /// <summary>Runs a program in a namespace and returns what it printed.</summary>
    internal string Run(string ns, string command, string? input = null)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", prefix + ns, "bash", "-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {errors.Result}");
        return output;
    }

    private string Topology
    {
        get
        {
            var text = $$"""
                set -e
                ip -n {{prefix}}node link add cni0 type bridge
                ip -n {{prefix}}node link set lo up
                ip netns exec {{prefix}}node sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
                ip -n {{prefix}}node addr add 10.244.0.1/24 dev cni0
                ip -n {{prefix}}node addr add fd44::1/64 dev cni0 nodad
                ip -n {{prefix}}node link set cni0 up
                ip -n {{prefix}}node link add eth0 type veth peer name eth0 netns {{prefix}}client
                ip -n {{prefix}}node addr add 10.89.0.11/24 dev eth0
                ip -n {{prefix}}node addr add 192.168.7.1/32 dev eth0
                ip -n {{prefix}}node link set eth0 up
                ip -n {{prefix}}client addr add 10.89.0.99/24 dev eth0
                ip -n {{prefix}}client link set lo up
                ip -n {{prefix}}client link set eth0 up
                ip -n {{prefix}}client route add default via 10.89.0.11
                """;
            for (var i = 1; i <= 3; i++)
            {
                text += $$"""

                    ip -n {{prefix}}node link add v{{i}} type veth peer name eth0 netns {{prefix}}p{{i}}
                    ip -n {{prefix}}node link set v{{i}} master cni0
                    ip -n {{prefix}}node link set v{{i}} type bridge_slave hairpin on
                    ip -n {{prefix}}node link set v{{i}} up
                    ip -n {{prefix}}p{{i}} link set lo up
                    ip -n {{prefix}}p{{i}} addr add 10.244.0.{{i + 1}}/24 dev eth0
                    ip -n {{prefix}}p{{i}} addr add fd44::{{i + 1}}/64 dev eth0 nodad
                    ip -n {{prefix}}p{{i}} link set eth0 up
                    ip -n {{prefix}}p{{i}} route add default via 10.244.0.1
                    ip -n {{prefix}}p{{i}} -6 route add default via fd44::1
                    """;
            }

            return text + $"\nip -n {prefix}node route add 10.96.0.0/16 dev eth0\nip -n {prefix}node route add 203.0.113.0/24 dev eth0\nip -n {prefix}node -6 route add fd96::/64 dev cni0\n";
        }
    }

    private static void Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    /// <summary>Every pod answers on 8080/tcp and 5353/udp with its name and the address that the client has for it.</summary>
    private void Serve()
    {
        for (var i = 1; i <= 3; i++)
        {
            var pod = $"p{i}";
            var tcp = this[pod].Run(() =>
            {
                var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 8080));
                socket.Listen(512);
                return socket;
            });
            var udp = this[pod].Run(() =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Any, 5353));
                return socket;
            });
            servers.Add(tcp);
            servers.Add(udp);
            _ = AcceptAsync(tcp, pod);
            _ = AnswerAsync(udp, pod);
        }
    }

    private static async Task AcceptAsync(Socket listener, string pod)
    {
        try
        {
            while (true)
            {
                var connection = await listener.AcceptAsync();
                _ = TalkAsync(connection, pod);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    /// <summary>Says who it is, then echoes, so that a connection can be kept and asked again.</summary>
    private static async Task TalkAsync(Socket connection, string pod)
    {
        using (connection)
        {
            try
            {
                var client = ((IPEndPoint)connection.RemoteEndPoint!).Address;
                await connection.SendAsync(System.Text.Encoding.ASCII.GetBytes($"{pod} {(client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client)}"));
                var buffer = new byte[256];
                while (await connection.ReceiveAsync(buffer) is var count and > 0)
                {
                    await connection.SendAsync(buffer.AsMemory(0, count));
                }
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    private static async Task AnswerAsync(Socket socket, string pod)
    {
        try
        {
            var buffer = new byte[256];
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await socket.SendToAsync(System.Text.Encoding.ASCII.GetBytes(pod), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
