using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Podwire.CniFlannel.Tests;
using Podwire.Netlink.Namespaces;

namespace Podwire.OverlayBench;

/// <summary>Two nodes on a bridge, each with a pod behind a bridge of its own, and an API server that both see.</summary>
internal sealed class Lab : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("overlay-bench-").FullName;
    private readonly NetNamespace underlay;
    private readonly List<Process> agents = [];
    private readonly string agent;

    private Lab(string agent, int count, string name)
    {
        this.agent = agent;
        Prefix = $"ob{Environment.ProcessId}{name}";
        Tool.Run("ip", "netns", "add", $"{Prefix}-u");
        Ip("u", "link add underlay type bridge");
        Ip("u", "link set underlay up");
        Ip("u", "link set lo up");
        Ip("u", "address add 10.89.0.1/24 dev underlay");

        // The underlay's bridge plays a wire: its packets are not the packet filter's.
        foreach (var family in (string[])["iptables", "ip6tables", "arptables"])
        {
            Tool.Try("ip", "netns", "exec", $"{Prefix}-u", "sysctl", "-qw", $"net.bridge.bridge-nf-call-{family}=0");
        }

        for (var number = 1; number <= count; number++)
        {
            MakeNode(number);
        }

        underlay = NetNamespace.Open($"/run/netns/{Prefix}-u");
    }

    public string Prefix { get; }

    public FakeNodeApi Api { get; } = new();

    /// <summary>The agents that run.</summary>
    public IReadOnlyList<Process> Agents => agents;

    public static async Task<Lab> CreateAsync(string agent, int count, string name = "")
    {
        var lab = new Lab(agent, count, name);
        await lab.Api.StartAsync(lab.underlay.Run(static () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse("10.89.0.1"), 6443));
            socket.Listen(64);
            return socket;
        }));
        for (var number = 1; number <= count; number++)
        {
            lab.Api.Set(JsonNode.Parse($$"""{"kind":"Node","apiVersion":"v1","metadata":{"name":"node{{number}}"},"spec":{"podCIDR":"10.244.{{number}}.0/24","podCIDRs":["10.244.{{number}}.0/24"]} ,"status":{} }""")!);
        }

        return lab;
    }

    /// <summary>Runs ip(8) in node or pod «n1», «p1», «u».</summary>
    public void Ip(string where, string arguments) => Tool.Run("ip", ["-n", $"{Prefix}-{where}", .. arguments.Split(' ')]);

    public void TryIp(string where, string arguments) => Tool.Try("ip", ["-n", $"{Prefix}-{where}", .. arguments.Split(' ')]);

    public void Bridge(string where, string arguments) => Tool.Run("bridge", ["-n", $"{Prefix}-{where}", .. arguments.Split(' ')]);

    public string[] Within(string where, params string[] command) => ["netns", "exec", $"{Prefix}-{where}", .. command];

    /// <summary>The MTU of pods and their bridges.</summary>
    public void SetPodMtu(int mtu)
    {
        foreach (var number in (int[])[1, 2])
        {
            Ip($"n{number}", $"link set cni0 mtu {mtu}");
            Ip($"n{number}", $"link set veth0 mtu {mtu}");
            Ip($"p{number}", $"link set eth0 mtu {mtu}");
        }
    }

    /// <summary>Starts podwire-flannel on the nodes and waits until both are ready; then their routes have followed each other.</summary>
    public async Task StartAgentsAsync(string network, string backend, params int[] numbers)
    {
        var conf = Path.Combine(folder, "net-conf.json");
        await File.WriteAllTextAsync(conf, $$"""{"Network":"{{network}}","EnableNFTables":true,"Backend":{{backend}} }""");
        foreach (var number in numbers)
        {
            var command = agent.EndsWith(".dll", StringComparison.Ordinal) ? new[] { "dotnet", agent, "agent" } : [agent];
            agents.Add(Tool.Start("ip", Within($"n{number}", [.. command, "--kube-api-url", "http://10.89.0.1:6443", "--net-config-path", conf,
                "--subnet-file", Path.Combine(folder, $"subnet{number}.env"), "--iface", "eth0", "--hostname-override", $"node{number}",
                "--iptables-forward-rules=false", "--healthz-ip", "127.0.0.1", "--healthz-port", "8471"]), ready: false, log: Path.Combine(folder, $"agent{number}.log")));
        }

        foreach (var number in numbers)
        {
            await UntilAsync($"node{number} is ready", () => Metrics(number, "/readyz").StartsWith("ok", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>What a page of a node's agent says; empty while there is none.</summary>
    public string Metrics(int number, string page) => Tool.Run("sh", "-c", $"ip netns exec {Prefix}-n{number} curl -s -m 2 http://127.0.0.1:8471{page} || true");

    public void StopAgents()
    {
        agents.ForEach(Tool.End);
        agents.Clear();
    }

    public async Task UntilAsync(string what, Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException($"never came true: {what}\n{string.Join('\n', Directory.GetFiles(folder, "*.log").Select(File.ReadAllText))}");
            }

            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        StopAgents();
        await Api.DisposeAsync();
        underlay.Dispose();
        foreach (var line in Tool.Run("ip", "netns", "list").Split('\n').Select(static line => line.Split(' ')[0]).Where(name => name.StartsWith(Prefix + "-", StringComparison.Ordinal)))
        {
            Tool.Try("ip", "netns", "del", line);
        }

        Directory.Delete(folder, recursive: true);
    }

    private void MakeNode(int number)
    {
        var (n, p) = ($"n{number}", $"p{number}");
        Tool.Run("ip", "netns", "add", $"{Prefix}-{n}");
        Tool.Run("ip", "netns", "add", $"{Prefix}-{p}");
        Tool.Run("ip", "link", "add", $"{Prefix}v{number}", "netns", $"{Prefix}-u", "type", "veth", "peer", "name", "eth0", "netns", $"{Prefix}-{n}");
        Ip("u", $"link set {Prefix}v{number} master underlay up");
        Ip(n, "link set lo up");
        Ip(n, $"address add 10.89.0.1{number}/24 dev eth0");
        Ip(n, "link set eth0 up");
        Ip(n, "route add default via 10.89.0.1");
        Tool.Run("ip", "netns", "exec", $"{Prefix}-{n}", "sysctl", "-qw", "net.ipv4.ip_forward=1");
        Ip(n, "link add cni0 type bridge");
        Ip(n, $"address add 10.244.{number}.1/24 dev cni0");
        Ip(n, "link set cni0 up");
        Tool.Run("ip", "link", "add", "veth0", "netns", $"{Prefix}-{n}", "type", "veth", "peer", "name", "eth0", "netns", $"{Prefix}-{p}");
        Ip(n, "link set veth0 master cni0 up");
        Ip(p, "link set lo up");
        Ip(p, $"address add 10.244.{number}.2/24 dev eth0");
        Ip(p, "link set eth0 up");
        Ip(p, $"route add default via 10.244.{number}.1");
    }
}
