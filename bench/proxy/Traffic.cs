using System.Diagnostics;
using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>
/// New connections a second, and bytes a second of one connection, through a cluster IP and beside it. Every case has a node, a client pod and a server pod;
/// the cases are measured in turns of a quarter of a second, each round beginning with another, and what is compared is the median of the rounds' ratios: what
/// else the machine does meets them all. Client and server keep to a processor each. A case is measured twice where it is the yardstick: how far the two
/// are from one another is what the row can tell apart.
/// </summary>
internal sealed class Traffic(BenchOptions options)
{
    private const int Rounds = 61;
    private const double Seconds = 0.25;
    private const string Client = "10.255.0.3";

    /// <summary>New connections a second.</summary>
    public void Connections(int many)
    {
        using var lab = new Lab(options);
        var (one, again, full, iptables, direct) = (lab.Node(), lab.Node(), lab.Node(), lab.Node(), lab.Node());
        lab.Proxy(one, 1);
        lab.Proxy(again, 1);
        lab.Proxy(full, many);
        lab.Proxy(direct, 1);
        Shell.Run(iptables.Name, "iptables-restore", IptablesLayout);
        Thread.Sleep(TimeSpan.FromSeconds(4));
        var values = Measure(
            "new connections a second",
            "connect",
            1,
            new($"1 Service", one, BenchCluster.VipOf(0), 80),
            new($"1 Service again, another node", again, BenchCluster.VipOf(0), 80),
            new($"{many} Services", full, BenchCluster.VipOf(0), 80),
            new("iptables layout, 1 Service", iptables, BenchCluster.VipOf(0), 80),
            new("the pod's own address", direct, BenchCluster.Pod(0), 8080));
        var (median, low, high) = Ratio(values[2], values[3]);
        Console.WriteLine($"{many} Services are {median:0.000}x of the iptables layout with 1 (quartiles {low:0.000} and {high:0.000})");
    }

    /// <summary>Gbit/s of one connection.</summary>
    public void Throughput(int many)
    {
        using var lab = new Lab(options);
        var (full, bare, handMade, iptables) = (lab.Node(), lab.Node(), lab.Node(), lab.Node());
        lab.Proxy(full, many);
        Shell.Run(handMade.Name, $"nft add table ip one; nft 'add chain ip one prerouting {{ type nat hook prerouting priority dstnat; }}'; nft add rule ip one prerouting ip daddr {BenchCluster.VipOf(0)} tcp dport 80 dnat to {BenchCluster.Pod(0)}:8080");
        Shell.Run(iptables.Name, "iptables-restore", IptablesLayout);
        Thread.Sleep(TimeSpan.FromSeconds(4));
        Measure(
            "throughput of one connection, Gbit/s",
            "send",
            8e-9,
            new("the pod's own address", full, BenchCluster.Pod(0), 8080),
            new("the pod's own address again", full, BenchCluster.Pod(0), 8080),
            new($"cluster IP, {many} Services", full, BenchCluster.VipOf(0), 80),
            new("own address, no rules or conntrack", bare, BenchCluster.Pod(0), 8080),
            new("own address, one DNAT rule alone", handMade, BenchCluster.Pod(0), 8080),
            new("one DNAT rule alone", handMade, BenchCluster.VipOf(0), 80),
            new("own address, iptables layout", iptables, BenchCluster.Pod(0), 8080),
            new("cluster IP, iptables layout", iptables, BenchCluster.VipOf(0), 80));
    }

    private static string IptablesLayout
    {
        get
        {
            var (vip, pod) = (BenchCluster.VipOf(0), BenchCluster.Pod(0));
            return $"""
                *filter
                :KUBE-FORWARD - [0:0]
                :KUBE-SERVICES - [0:0]
                -A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
                -A FORWARD -j KUBE-FORWARD
                -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
                -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
                -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
                COMMIT
                *nat
                :KUBE-MARK-MASQ - [0:0]
                :KUBE-POSTROUTING - [0:0]
                :KUBE-NODEPORTS - [0:0]
                :KUBE-SERVICES - [0:0]
                :KUBE-SVC - [0:0]
                :KUBE-SEP - [0:0]
                -A PREROUTING -j KUBE-SERVICES
                -A OUTPUT -j KUBE-SERVICES
                -A POSTROUTING -j KUBE-POSTROUTING
                -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
                -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
                -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
                -A KUBE-POSTROUTING -j MASQUERADE --random-fully
                -A KUBE-SERVICES -d {vip}/32 -p tcp -m comment --comment "bench/svc-0:http cluster IP" -m tcp --dport 80 -j KUBE-SVC
                -A KUBE-SERVICES ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
                -A KUBE-SVC ! -s 10.128.0.0/9 -d {vip}/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
                -A KUBE-SVC -m comment --comment "bench/svc-0:http -> {pod}:8080" -j KUBE-SEP
                -A KUBE-SEP -s {pod}/32 -j KUBE-MARK-MASQ
                -A KUBE-SEP -p tcp -m tcp -j DNAT --to-destination {pod}:8080
                COMMIT

                """;
        }
    }

    /// <summary>The first case is the yardstick.</summary>
    private double[][] Measure(string title, string verb, double scale, params Case[] cases)
    {
        var values = new double[cases.Length][];
        for (var i = 0; i < cases.Length; i++)
        {
            values[i] = new double[Rounds];
        }

        // The round before the first warms up, and does not count.
        for (var round = -1; round < Rounds; round++)
        {
            for (var turn = 0; turn < cases.Length; turn++)
            {
                var i = (turn + round + 1) % cases.Length;
                var (_, node, address, port) = cases[i];
                var value = double.Parse(Shell.Run(node.Client, $"taskset -c 0 {options.Tools}/traffic {verb} {address} {port} {Seconds}"), CultureInfo.InvariantCulture);
                if (round >= 0)
                {
                    values[i][round] = value;
                }
            }
        }

        Console.WriteLine($"{title}: medians of {Rounds} rounds of {Seconds} s by turns");
        for (var i = 0; i < cases.Length; i++)
        {
            var (median, low, high) = Ratio(values[i], values[0]);
            Console.WriteLine($"{cases[i].Name,-36}{values[i].Order().ElementAt(Rounds / 2) * scale,12:0.00}   {median:0.000}x of {cases[0].Name} (quartiles {low:0.000} and {high:0.000})");
        }

        return values;
    }

    private static (double Median, double Low, double High) Ratio(double[] values, double[] yardstick)
    {
        var ratios = values.Select((value, round) => value / yardstick[round]).Order().ToArray();
        return (ratios[Rounds / 2], ratios[Rounds / 4], ratios[Rounds * 3 / 4]);
    }

    private sealed record Case(string Name, Node Node, string Address, int Port);

    /// <summary>A node between a client and a server.</summary>
    private sealed record Node(string Name, Netlink.Namespaces.NetNamespace Namespace, string Client);

    /// <summary>The nodes of a row with what runs on them; all end with it.</summary>
    private sealed class Lab(BenchOptions options) : IDisposable
    {
        private readonly Namespaces namespaces = new();
        private readonly List<Process> servers = [];
        private readonly List<IDisposable> others = [];

        /// <summary>One more node. Connections that are reset are forgotten after a second, so that the table of them does not fill up.</summary>
        public Node Node()
        {
            var (node, ns) = namespaces.Make("node");
            var client = namespaces.Make("client").Name;
            var server = namespaces.Make("server").Name;
            foreach (var (name, link, address) in ((string, string, string)[])[(client, "vc", Client), (server, "vs", BenchCluster.Pod(0))])
            {
                Shell.Run(null, $"""
                    set -e
                    ip -n {node} link add {link} type veth peer name eth0 netns {name}
                    ip -n {node} link set {link} up
                    ip -n {node} addr add 169.254.1.1/32 dev {link}
                    ip -n {node} route add {address} dev {link}
                    ip -n {name} addr add {address}/32 dev eth0
                    ip -n {name} link set eth0 up
                    ip -n {name} route add 169.254.1.1 dev eth0
                    ip -n {name} route add default via 169.254.1.1
                    """);
            }

            Shell.Run(node, "sysctl -qw net.ipv4.ip_forward=1; sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_close=1 2>/dev/null || true");
            servers.Add(Process.Start("ip", ["netns", "exec", server, "taskset", "-c", "1", $"{options.Tools}/traffic", "serve"]));
            return new(node, ns, client);
        }

        /// <summary>The proxy on a node, with so many Services.</summary>
        public void Proxy(Node node, int services)
        {
            var api = new BenchApiServer(node.Namespace.Run(BenchApiServer.Listen), new BenchCluster(services, 1));
            others.Add(ProxyRun.Start(node.Name, options.Binary, api.Url));
            others.Add(api);
        }

        public void Dispose()
        {
            foreach (var server in servers)
            {
                server.Kill();
                server.WaitForExit();
                server.Dispose();
            }

            others.ForEach(static other => other.Dispose());
            namespaces.Dispose();
        }
    }
}
