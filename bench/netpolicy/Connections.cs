using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>New connections to one pod under many policies with many peers each: without any rule, with ours, and with what else people use.</summary>
internal sealed class Connections
{
    private const int Port = 8080;
    private const int Rounds = 15;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(0.5);

    /// <summary>After a load the kernel still frees what was there before and grows its hash tables.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(0.3);

    public void Run(int policies, int peers)
    {
        using var node = new BenchNode();
        using var listener = node.Listen(Port);
        using var nft = node.OpenNft();
        var ours = Ours(policies, peers);
        (string Name, Action Load, Action Clear)[] ways =
        [
            ("no rule", () => { }, () => { }),
            ("no policy", () => nft.Apply(RulesetDiff.Replacing(None())), () => nft.Apply(RulesetDiff.Removing(ours.Id))),
            ("podwire-netpolicy", () => nft.Apply(RulesetDiff.Replacing(ours)), () => nft.Apply(RulesetDiff.Removing(ours.Id))),
            ("iptables + ipset", () => Ipsets(node, policies, peers), () => { node.Run("iptables-legacy -F; ipset destroy"); }),
            ("iptables, linear", () => Linear(node, policies, peers), () => { node.Run("iptables-legacy -F"); }),
        ];
        var rates = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (name, load, clear) in ways)
            {
                if (name.EndsWith("linear", StringComparison.Ordinal) && round > 0)
                {
                    // Loading takes longer than measuring, and once is enough to see.
                    continue;
                }

                load();
                Measure(node, Settle);
                rates[name].Add(Measure(node, Each));
                clear();
            }
        }

        Console.WriteLine($"new TCP connections to one pod under {policies} policies x {peers} peers ({Rounds} rounds of {Each.TotalSeconds} s by turns, medians; ratios are medians of the rounds' ratios)");
        // Without any rule connections are not even tracked; a node with an enforcer and no policy, or with a service proxy, tracks them all.
        var none = rates["no policy"].ToArray();
        foreach (var (name, _, _) in ways)
        {
            var ratio = Median([.. rates[name].Select((rate, round) => rate / none[round])]);
            var median = Median(rates[name]);
            Console.WriteLine($"  {name,-20} {median,9:0}/s  {1e6 / median,7:0.0} us  {ratio:0.000}x");
        }
    }

    internal static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private static double Measure(BenchNode node, TimeSpan span)
    {
        var target = new IPEndPoint(IPAddress.Parse("10.244.8.2"), Port);
        return node["client"].Run(() =>
        {
            var count = 0;
            var began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began) < span)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
                socket.Connect(target);
                count++;
            }

            return count / Stopwatch.GetElapsedTime(began).TotalSeconds;
        });
    }

    private static Table None() => new PolicyModel(BenchCluster.Node, new()).ToTable(TableSchema.V4);

    /// <summary>Every policy has a group of pods of its own and its own port; the client is the last peer of the last one.</summary>
    private static Table Ours(int policies, int peers)
    {
        var snapshot = new PolicySnapshot();
        snapshot.Namespaces["x"] = LabelSet.Of([new("kubernetes.io/metadata.name", "x")]);
        snapshot.Pods[new("x", "server")] = Pod("server", BenchCluster.Node, "10.244.8.2", "server");
        for (var i = 0; i < policies; i++)
        {
            var id = new PolicyId("x", $"p{i}");
            snapshot.Policies[id] = new()
            {
                Id = id,
                Subject = new("x", null, LabelQuery.Parse("group=server")),
                HasIngress = true,
                Ingress = [new() { Peers = [PeerRecord.Of(new PeerSelector("x", null, LabelQuery.Parse($"group=g{i}")))], Ports = [PortMatch.Range(IpProtocol.Tcp, PortOf(i, policies), PortOf(i, policies))] }],
            };
            for (var j = 0; j < peers; j++)
            {
                var pod = Pod($"g{i}-{j}", "far", AddressOf(i, j, policies, peers), $"g{i}");
                snapshot.Pods[pod.Key] = pod;
            }
        }

        var model = new PolicyModel(BenchCluster.Node, new());
        model.Absorb(snapshot);
        return model.ToTable(TableSchema.V4);
    }

    private static PodRecord Pod(string name, string node, string address, string group) => new()
    {
        Key = new("x", name), Node = node, Addresses = [IpAddress.Parse(address)], Labels = LabelSet.Of([new("group", group)]),
    };

    private static ushort PortOf(int policy, int policies) => (ushort)(policy == policies - 1 ? Port : 10_000 + policy);

    private static string AddressOf(int policy, int peer, int policies, int peers) => policy == policies - 1 && peer == peers - 1
        ? "10.244.9.2"
        : IpAddress.FromV4(0x0A000000u + (uint)((policy * peers) + peer)).ToString();

    private static void Ipsets(BenchNode node, int policies, int peers)
    {
        var sets = new StringBuilder();
        var rules = new StringBuilder("*filter\n:NWPLCY - [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A FORWARD -d 10.244.8.2/32 -j NWPLCY\n");
        for (var i = 0; i < policies; i++)
        {
            sets.Append($"create s{i} hash:ip\n");
            for (var j = 0; j < peers; j++)
            {
                sets.Append($"add s{i} {AddressOf(i, j, policies, peers)}\n");
            }

            rules.Append($"-A NWPLCY -m set --match-set s{i} src -p tcp --dport {PortOf(i, policies)} -j ACCEPT\n");
        }

        node.Run("ipset restore", sets.ToString());
        node.Run("iptables-legacy-restore -n", rules.Append("-A NWPLCY -j DROP\nCOMMIT\n").ToString());
    }

    private static void Linear(BenchNode node, int policies, int peers)
    {
        var rules = new StringBuilder("*filter\n:NWPLCY - [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n-A FORWARD -d 10.244.8.2/32 -j NWPLCY\n");
        for (var i = 0; i < policies; i++)
        {
            for (var j = 0; j < peers; j++)
            {
                rules.Append($"-A NWPLCY -s {AddressOf(i, j, policies, peers)}/32 -p tcp --dport {PortOf(i, policies)} -j ACCEPT\n");
            }
        }

        node.Run("iptables-legacy-restore -n", rules.Append("-A NWPLCY -j DROP\nCOMMIT\n").ToString());
    }
}
