using System.Diagnostics;
using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>
/// New connections a second through a cluster IP with one Service and with many, and through the iptables layout with one; bytes a second through a
/// cluster IP and to the pod's own address. Each has a node, a client pod and a server pod of its own; they are measured by turns, and medians compared.
/// </summary>
internal sealed class Traffic(BenchOptions options)
{
    private const int Rounds = 7;
    private const string Client = "10.255.0.3";

    public void Run(int many)
    {
        using var namespaces = new Namespaces();
        var servers = new List<IDisposable>();
        try
        {
            var one = Node(namespaces, servers);
            var full = Node(namespaces, servers);
            var iptables = Node(namespaces, servers);
            servers.Add(Serve(one.Name, one.Namespace, 1));
            servers.Add(Serve(full.Name, full.Namespace, many));
            Shell.Run(iptables.Name, "iptables-restore", IptablesLayout);
            Thread.Sleep(TimeSpan.FromSeconds(4));
            Connections(one.Client, full.Client, iptables.Client, many);
            Throughput(full.Client, many);
        }
        finally
        {
            servers.ForEach(static server => server.Dispose());
        }
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

    private void Connections(string one, string full, string iptables, int many)
    {
        var results = new Dictionary<string, List<double>>();
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (what, client, address, port) in ((string, string, string, int)[])
                [("1 Service", one, BenchCluster.VipOf(0), 80), ($"{many} Services", full, BenchCluster.VipOf(0), 80), ("iptables layout, 1 Service", iptables, BenchCluster.VipOf(0), 80), ("the pod's own address", full, BenchCluster.Pod(0), 8080)])
            {
                Add(results, what, Tool(client, $"connect {address} {port} 1"));
            }
        }

        Console.WriteLine($"new connections a second, median of {Rounds} rounds of 1 s by turns");
        Report(results, "1 Service", string.Empty, 1);
    }

    private void Throughput(string client, int many)
    {
        var results = new Dictionary<string, List<double>>();
        for (var round = 0; round < Rounds; round++)
        {
            Add(results, "the pod's own address", Tool(client, $"send {BenchCluster.Pod(0)} 8080 1"));
            Add(results, $"cluster IP, {many} Services", Tool(client, $"send {BenchCluster.VipOf(0)} 80 1"));
        }

        Console.WriteLine($"throughput of one connection, Gbit/s, median of {Rounds} rounds of 1 s by turns");
        Report(results, "the pod's own address", " Gbit/s", 8e-9);
    }

    private static void Report(Dictionary<string, List<double>> results, string yardstick, string unit, double scale)
    {
        foreach (var (what, values) in results)
        {
            Console.WriteLine($"{what,-36}{Median(values) * scale,12:0.##}{unit}   {Median(values) / Median(results[yardstick]):0.000}x of {yardstick}");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static void Add(Dictionary<string, List<double>> results, string what, double value)
    {
        if (!results.TryGetValue(what, out var list))
        {
            results[what] = list = [];
        }

        list.Add(value);
    }

    private double Tool(string ns, string command) => double.Parse(Shell.Run(ns, $"{options.Tools}/traffic {command}"), CultureInfo.InvariantCulture);

    /// <summary>A node between a client and a server; connections that are reset are forgotten after a second, so that the table of them does not fill up.</summary>
    private (string Name, Netlink.Namespaces.NetNamespace Namespace, string Client) Node(Namespaces namespaces, List<IDisposable> servers)
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
        servers.Add(new Background(Process.Start("ip", ["netns", "exec", server, $"{options.Tools}/traffic", "serve"])));
        return (node, ns, client);
    }

    private Background Serve(string name, Netlink.Namespaces.NetNamespace ns, int services)
    {
        var api = new BenchApiServer(ns.Run(BenchApiServer.Listen), new BenchCluster(services, 1));
        return new(null, ProxyRun.Start(name, options.Binary, api.Url), api);
    }

    /// <summary>What runs beside; ends with the row.</summary>
    private sealed class Background(Process? process, params IDisposable[] others) : IDisposable
    {
        public void Dispose()
        {
            if (process is not null)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }

            foreach (var other in others)
            {
                other.Dispose();
            }
        }
    }
}
