using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.FakeApi;
using Podwire.Iptables;
using Podwire.Kube;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.NetPolicy.Config;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>
/// Two nodes in namespaces of their own, n1 with pods a1 to a3 and n2 with b1 and b2 behind bridges, and a client outside; an enforcer on each node,
/// fed by one fake API server. Every pod and node listens on a few ports.
/// </summary>
public class TestCluster : IAsyncLifetime
{
    internal static readonly ushort[] TcpPorts = [80, 81, 85, 443, 8080];
    private static int count;

    private readonly string prefix = $"pol-{Environment.ProcessId}-{Interlocked.Increment(ref count)}-";
    private readonly Dictionary<string, NetNamespace> namespaces = [];
    private readonly List<IDisposable> servers = [];
    private readonly List<(PolicyNode Node, PolicyKernel Kernel, KubeClient Client, Task Running, CancellationTokenSource Stop)> enforcers = [];

    internal FakeApiServer Api { get; } = new();

    /// <summary>The enforcers' back end.</summary>
    internal virtual string Backend => "nftables";

    /// <summary>Which iptables, for that back end.</summary>
    internal virtual IptablesVariant Variant => IptablesVariant.Default;

    /// <summary>Everybody who can open a connection or answer one, with the addresses of each family.</summary>
    internal Dictionary<string, (IpAddress V4, IpAddress V6, string Node)> Hosts { get; } = new()
    {
        ["a1"] = (IpAddress.Parse("10.244.1.2"), IpAddress.Parse("fd44:1::2"), "n1"),
        ["a2"] = (IpAddress.Parse("10.244.1.3"), IpAddress.Parse("fd44:1::3"), "n1"),
        ["a3"] = (IpAddress.Parse("10.244.1.4"), IpAddress.Parse("fd44:1::4"), "n1"),
        ["b1"] = (IpAddress.Parse("10.244.2.2"), IpAddress.Parse("fd44:2::2"), "n2"),
        ["b2"] = (IpAddress.Parse("10.244.2.3"), IpAddress.Parse("fd44:2::3"), "n2"),
        ["n1"] = (IpAddress.Parse("10.89.0.11"), IpAddress.Parse("fd89::11"), "n1"),
        ["n2"] = (IpAddress.Parse("10.89.0.12"), IpAddress.Parse("fd89::12"), "n2"),
        ["ext"] = (IpAddress.Parse("10.89.0.99"), IpAddress.Parse("fd89::99"), ""),
    };

    internal Dictionary<ObjectKey, PodRecord> Pods { get; } = [];

    internal Dictionary<string, LabelSet> NamespaceLabels { get; } = [];

    internal Dictionary<PolicyId, PolicyRecord> Policies { get; } = [];

    internal NetNamespace this[string name] => namespaces[name];

    internal string NameOf(string name) => prefix + name;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName == "root", "lacks: root");
        foreach (var name in (string[])[.. Hosts.Keys, "under"])
        {
            namespaces[name] = NetNamespace.Create($"/run/netns/{prefix}{name}");
        }

        Shell(Topology());
        await Api.StartAsync();
        Api.Set(ApiObjects.Nodes, "", "n1", ApiObjects.Node("n1", "10.89.0.11 fd89::11"));
        Api.Set(ApiObjects.Nodes, "", "n2", ApiObjects.Node("n2", "10.89.0.12 fd89::12"));
        SetNamespace("x", "env=test");
        SetNamespace("y");
        SetPod("x", "a1", "app=web tier=front", "http/TCP/80");
        SetPod("x", "a2", "app=db", "http/TCP/8080");
        SetPod("y", "a3", "app=web");
        SetPod("x", "b1", "app=web tier=back", "http/TCP/81 dns/UDP/80");
        SetPod("y", "b2", "app=db");
        Serve();
        await StartAsync("n1");
        await StartAsync("n2");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (namespaces.Count == 0)
        {
            return;
        }

        await StopAsync();
        await Api.DisposeAsync();
        servers.ForEach(server => server.Dispose());
        foreach (var (name, ns) in namespaces)
        {
            ns.Dispose();
            NetNamespace.Delete($"/run/netns/{prefix}{name}");
            File.Delete(DomainsOf(name));
        }
    }

    internal async Task StartAsync(string node, bool keepEstablished = false, string? backend = null, bool isAwaited = true)
    {
        var stop = new CancellationTokenSource();
        var client = new KubeClient(new KubeConfig { Server = new(Api.Address) });
        var kernel = this[node].Run(PolicyKernel.Open);
        var options = new PolicyOptions { NodeName = node, HealthzBindAddress = "127.0.0.1:0", SyncPeriod = TimeSpan.FromSeconds(2), Socket = SocketOf(node), KeepEstablished = keepEstablished, Backend = backend ?? Backend, Iptables = Variant, ClusterDns = $"{Hosts["ext"].V4},10.96.0.10", DomainGrace = TimeSpan.FromMilliseconds(200) };
        var enforcer = new PolicyNode(options, client, kernel, NullLoggerFactory.Instance);
        var running = enforcer.RunAsync(stop.Token);
        enforcers.Add((enforcer, kernel, client, running, stop));
        // Whatever waits for such an enforcer waits in vain, and does not know why.
        _ = running.ContinueWith(ended => Console.Error.WriteLine($"the enforcer of {node} ended: {ended.Exception}"), TaskContinuationOptions.OnlyOnFaulted);
        if (!isAwaited)
        {
            return;
        }

        await Task.WhenAny(enforcer.FirstSync, running);
        await enforcer.FirstSync.WaitAsync(TimeSpan.FromSeconds(60));
    }

    internal async Task StopAsync()
    {
        foreach (var (node, kernel, client, running, stop) in enforcers)
        {
            await stop.CancelAsync();
            await running;
            await node.DisposeAsync();
            client.Dispose();
            kernel.Dispose();
        }

        enforcers.Clear();
    }

    internal string SocketOf(string node) => $"/tmp/{prefix}{node}.sock";

    /// <summary>Where a node's enforcer keeps what it knows of wildcards.</summary>
    internal string DomainsOf(string node) => Path.ChangeExtension(SocketOf(node), ".domains");

    internal PolicyNode Enforcer(string node) => enforcers[node == "n1" ? 0 : 1].Node;

    /// <summary>Waits until a node's /metrics has a line.</summary>
    internal async Task MeasuresAsync(string node, string pattern)
    {
        using var http = new HttpClient();
        await EventuallyAsync(async () => Regex.IsMatch(await http.GetStringAsync($"http://127.0.0.1:{Enforcer(node).HealthPort}/metrics"), pattern, RegexOptions.Multiline), pattern);
    }

    /// <summary>Waits until an event was written.</summary>
    internal Task TellsAsync(string text) => EventuallyAsync(() => Task.FromResult(Api.Events.Any(e => e.StartsWith(text, StringComparison.Ordinal))), text);

    internal void SetNamespace(string name, string labels = "")
    {
        var json = ApiObjects.Namespace(name, labels);
        Api.Set(ApiObjects.Namespaces, "", name, json);
        NamespaceLabels[name] = LabelSet.Of(ApiObjects.Read<NamespaceObject>(json).Metadata.Labels).With("kubernetes.io/metadata.name", name);
    }

    /// <summary>A pod at its usual addresses, or at others; host is the namespace it runs in and gives the node.</summary>
    internal void SetPod(string ns, string host, string labels, string ports = "", string? addresses = null, string? name = null, string phase = "Running", string spec = "", int created = 0)
    {
        var (v4, v6, node) = Hosts[host];
        var json = ApiObjects.Pod(ns, name ?? host, node, addresses ?? $"{v4} {v6}", labels, ports, phase, spec, created);
        Api.Set(ApiObjects.Pods, ns, name ?? host, json);
        Pods[new(ns, name ?? host)] = PodReader.Read(ApiObjects.Read<PodObject>(json));
    }

    internal void DeletePod(string ns, string name)
    {
        Api.Delete(ApiObjects.Pods, ns, name);
        Pods.Remove(new(ns, name));
    }

    internal void SetPolicy(string ns, string name, string spec)
    {
        var json = ApiObjects.Policy(ns, name, spec);
        Api.Set(ApiObjects.Policies, ns, name, json);
        Policies[new(ns, name)] = NetworkPolicyReader.Read(ApiObjects.Read<PolicyObject>(json));
    }

    internal void SetClusterPolicy(string name, string spec)
    {
        var json = ApiObjects.ClusterPolicy(name, spec);
        Api.Set(ApiObjects.ClusterPolicies, "", name, json);
        Policies[new("", name)] = ClusterPolicyReader.Read(ApiObjects.Read<PolicyObject>(json));
    }

    internal void DeletePolicies()
    {
        foreach (var id in Policies.Keys)
        {
            Api.Delete(id.IsCluster ? ApiObjects.ClusterPolicies : ApiObjects.Policies, id.Namespace, id.Name);
        }

        Policies.Clear();
    }

    /// <summary>What the API says: both nodes have to agree, and a node always reaches its own pods.</summary>
    internal bool IsAllowed(string from, string to, IpFamily family, IpProtocol protocol, ushort port)
    {
        if (from == to || (from is "n1" or "n2" && Hosts[to].Node == from) || (to is "n1" or "n2" && Hosts[from].Node == to))
        {
            return true;
        }

        var nodes = new Dictionary<string, NodeRecord>
        {
            ["n1"] = new() { Name = "n1", Labels = LabelSet.Of([new("role", "n1")]), Addresses = [Hosts["n1"].V4, Hosts["n1"].V6] },
            ["n2"] = new() { Name = "n2", Labels = LabelSet.Of([new("role", "n2")]), Addresses = [Hosts["n2"].V4, Hosts["n2"].V6] },
        };
        var packet = new TestPacket(Address(from, family), Address(to, family), protocol, port);
        return new[] { "n1", "n2" }.All(node => new DirectReading(node, Pods, NamespaceLabels, Policies, nodes).IsAccepted(packet));
    }

    internal IpAddress Address(string host, IpFamily family) => family == IpFamily.V4 ? Hosts[host].V4 : Hosts[host].V6;

    /// <summary>Opens a connection from everybody to everybody at once until all of them do what the API says; fails after a minute.</summary>
    internal async Task AgreesAsync(string what, params IpFamily[] families)
    {
        // Both enforcers have done it by then as a rule: what is tried too early is tried in vain, and waits for its time to be over.
        await Task.Delay(Backend == "nftables" ? 50 : 150);
        var began = Stopwatch.StartNew();
        while (true)
        {
            var wrong = await DisagreementsAsync(families.Length == 0 ? [IpFamily.V4, IpFamily.V6] : families, began.Elapsed > TimeSpan.FromSeconds(5) ? 3000 : 400);
            if (wrong.Count == 0)
            {
                return;
            }

            Assert.True(began.Elapsed < TimeSpan.FromMinutes(1), $"{what}: {wrong.Count} differ: {string.Join("; ", wrong.Take(20))}");
        }
    }

    /// <summary>TCP, from a socket in a namespace.</summary>
    internal async Task<bool> ConnectsAsync(string from, IpAddress to, ushort port, int patience = 3000)
    {
        using var connection = await ConnectAsync(from, to, port, patience);
        return connection is not null;
    }

    /// <summary>The same, with the connection; null if there is none.</summary>
    internal async Task<Socket?> ConnectAsync(string from, IpAddress to, ushort port, int patience)
    {
        var socket = this[from].Run(() => new Socket(to.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await socket.ConnectAsync(to.ToIPAddress(), port, limit.Token);
            return socket;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>How often a connection had to send something again, its first packet included (linux/tcp.h, tcpi_total_retrans); -1 without a connection.</summary>
    internal static int Retransmissions(Socket? connection)
    {
        const int Tcp = 6, TcpInfo = 11, At = 100;
        var info = new byte[At + sizeof(int)];
        return connection?.GetRawSocketOption(Tcp, TcpInfo, info) == info.Length ? BitConverter.ToInt32(info, At) : -1;
    }

    /// <summary>UDP, asked a few times: datagrams may be lost while neighbours are being found.</summary>
    internal async Task<bool> AnswersAsync(string from, IpAddress to, ushort port, int patience = 3000)
    {
        using var socket = this[from].Run(() => new Socket(to.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        using var limit = new CancellationTokenSource(patience);
        var buffer = new byte[64];
        try
        {
            await socket.ConnectAsync(to.ToIPAddress(), port, limit.Token);
            while (true)
            {
                await socket.SendAsync("?"u8.ToArray(), limit.Token);
                using var once = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                once.CancelAfter(200);
                try
                {
                    await socket.ReceiveAsync(buffer, once.Token);
                    return true;
                }
                catch (OperationCanceledException) when (!limit.IsCancellationRequested)
                {
                    // Again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }
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

    internal Table? ReadTable(string node, TableId id)
    {
        using var socket = this[node].Run(NftSocket.Open);
        return socket.ReadTable(id);
    }

    /// <summary>Runs a program in a namespace and returns what it printed.</summary>
    internal string Run(string ns, string command)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", prefix + ns, "bash", "-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command}: {errors.Result}");
        return output;
    }

    private async Task<List<string>> DisagreementsAsync(IpFamily[] families, int patience)
    {
        var wrong = new ConcurrentQueue<string>();
        var probes = from family in families
                     from client in Hosts.Keys
                     from server in Hosts.Keys
                     where client != server
                     from port in TcpPorts.Select(port => (IpProtocol.Tcp, port)).Append((IpProtocol.Udp, (ushort)80))
                     select ProbeAsync(family, client, server, port.Item1, port.Item2);
        await Task.WhenAll(probes);
        return [.. wrong];

        async Task ProbeAsync(IpFamily family, string client, string server, IpProtocol protocol, ushort port)
        {
            var expected = IsAllowed(client, server, family, protocol, port);
            var to = Address(server, family);
            if (expected != (protocol == IpProtocol.Tcp ? await ConnectsAsync(client, to, port, patience) : await AnswersAsync(client, to, port, patience)))
            {
                wrong.Enqueue($"{family} {client} -> {server} {protocol}/{port} should be {(expected ? "allowed" : "denied")}");
            }
        }
    }

    private string Topology()
    {
        var text = new System.Text.StringBuilder("set -e\n");
        text.Append($"""
            ip -n {prefix}under link add br0 type bridge
            ip netns exec {prefix}under sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0
            ip -n {prefix}under link set br0 up

            """);
        foreach (var name in (string[])["n1", "n2", "ext"])
        {
            text.Append($"""
                ip netns exec {prefix}{name} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
                ip -n {prefix}{name} link set lo up
                ip -n {prefix}{name} link add eth0 type veth peer name {name} netns {prefix}under
                ip -n {prefix}under link set {name} master br0 up
                ip -n {prefix}{name} addr add {Hosts[name].V4}/24 dev eth0
                ip -n {prefix}{name} addr add {Hosts[name].V6}/64 dev eth0 nodad
                ip -n {prefix}{name} link set eth0 up

                """);
        }

        foreach (var (node, at) in (ReadOnlySpan<(string, int)>)[("n1", 1), ("n2", 2)])
        {
            text.Append($"""
                ip -n {prefix}{node} link add cni0 type bridge
                ip -n {prefix}{node} addr add 10.244.{at}.1/24 dev cni0
                ip -n {prefix}{node} addr add fd44:{at}::1/64 dev cni0 nodad
                ip -n {prefix}{node} link set cni0 up

                """);
            foreach (var other in (string[])["n1", "n2", "ext"])
            {
                if (other != node)
                {
                    text.Append($"ip -n {prefix}{other} route add 10.244.{at}.0/24 via {Hosts[node].V4}\nip -n {prefix}{other} -6 route add fd44:{at}::/64 via {Hosts[node].V6}\n");
                }
            }

            foreach (var (pod, (v4, v6, _)) in Hosts.Where(host => host.Value.Node == node && host.Key != node))
            {
                text.Append($"""
                    ip -n {prefix}{node} link add v{pod} type veth peer name eth0 netns {prefix}{pod}
                    ip -n {prefix}{node} link set v{pod} master cni0
                    ip -n {prefix}{node} link set v{pod} type bridge_slave hairpin on
                    ip -n {prefix}{node} link set v{pod} up
                    ip netns exec {prefix}{pod} sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
                    ip -n {prefix}{pod} link set lo up
                    ip -n {prefix}{pod} addr add {v4}/24 dev eth0
                    ip -n {prefix}{pod} addr add {v6}/64 dev eth0 nodad
                    ip -n {prefix}{pod} link set eth0 up
                    ip -n {prefix}{pod} route add default via 10.244.{at}.1
                    ip -n {prefix}{pod} -6 route add default via fd44:{at}::1

                    """);
            }
        }

        return text.ToString();
    }

    private static void Shell(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }

    private void Serve()
    {
        foreach (var host in Hosts.Keys)
        {
            foreach (var port in TcpPorts)
            {
                var tcp = this[host].Run(() =>
                {
                    var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
                    socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                    socket.Listen(512);
                    return socket;
                });
                servers.Add(tcp);
                _ = AcceptAsync(tcp);
            }

            // One for each address: an answer must come from the address that was asked.
            foreach (var address in (IpAddress[])[Hosts[host].V4, Hosts[host].V6])
            {
                var udp = this[host].Run(() =>
                {
                    var socket = new Socket(address.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
                    socket.Bind(new IPEndPoint(address.ToIPAddress(), 80));
                    return socket;
                });
                servers.Add(udp);
                _ = AnswerAsync(udp, address);
            }
        }
    }

    private static async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task EchoAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                var buffer = new byte[256];
                while (await connection.ReceiveAsync(buffer) is var length and > 0)
                {
                    await connection.SendAsync(buffer.AsMemory(0, length));
                }
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    private static async Task AnswerAsync(Socket socket, IpAddress address)
    {
        var buffer = new byte[256];
        try
        {
            while (true)
            {
                var received = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IpAddress.Any(address.Family).ToIPAddress(), 0));
                await socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
