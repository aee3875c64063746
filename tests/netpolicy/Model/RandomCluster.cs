using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>A small cluster in which everything collides: few labels, few addresses, few ports, all features. A change is a number, so that histories shrink.</summary>
internal sealed class RandomCluster
{
    public const string Node = "here";

    private static readonly string[] Namespaces = ["ant", "bee", "cat"];
    private static readonly string[] PodNames = ["a", "b", "c", "d"];
    private static readonly string[] V4 = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "10.0.1.2", "10.1.0.1"];
    private static readonly string[] V6 = ["fd00::1", "fd00::2", "fd00::3", "fd00:0:0:1::1", "fd00:0:0:1::2", "fd01::1"];
    private static readonly string[] Outside = ["10.89.0.9", "198.51.100.7", "192.0.2.1", "10.0.0.9"];
    private static readonly string[] Outside6 = ["fd89::9", "2001:db8::7", "2001:db9::1", "fd00::9"];
    private static readonly string[] DomainNames = ["one.test", "*.two.test"];
    private static readonly string[] Selectors = ["", "app=x", "app=y", "app!=x", "tier in (front,back)", "app=x,tier=front", "!tier", "tier", "app notin (x,y)"];
    private static readonly string[] NamespaceSelectors = ["", "env=test", "env!=test", "kubernetes.io/metadata.name=bee", "!env"];
    private static readonly string[] Blocks = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.2/32", "198.51.100.0/24", "192.0.2.0/31", "::/0", "fd00::/16", "fd00::/64", "fd00::2/128", "2001:db8::/32"];
    private static readonly (ushort From, ushort To)[] Ranges = [(80, 80), (81, 81), (80, 90), (85, 95), (0, 65535), (443, 443), (8080, 8080)];
    private static readonly IpProtocol[] Protocols = [IpProtocol.Tcp, IpProtocol.Udp, IpProtocol.Sctp];

    public Dictionary<ObjectKey, PodRecord> Pods { get; } = [];

    public Dictionary<string, LabelSet> NamespaceLabels { get; } = [];

    public Dictionary<PolicyId, PolicyRecord> Policies { get; } = [];

    public Dictionary<string, NodeRecord> Nodes { get; } = [];

    public Dictionary<string, IpAddress[]> Domains { get; } = [];

    public ResolverAddress[] Resolvers { get; private set; } = [];

    public DirectReading Reading => new(Node, Pods, NamespaceLabels, Policies, Nodes, Domains);

    public PolicySnapshot Everything => new()
    {
        Pods = Pods.ToDictionary(pair => pair.Key, pair => (PodRecord?)pair.Value),
        Namespaces = NamespaceLabels.ToDictionary(pair => pair.Key, pair => (LabelSet?)pair.Value),
        Policies = Policies.ToDictionary(pair => pair.Key, pair => (PolicyRecord?)pair.Value),
        Nodes = Nodes.ToDictionary(pair => pair.Key, pair => (NodeRecord?)pair.Value),
        Domains = Domains.ToDictionary(pair => pair.Key, pair => (IpAddress[]?)pair.Value),
        Resolvers = Resolvers,
        IsEverything = true,
    };

    /// <summary>Changes one to three objects at once; the number says which and how.</summary>
    public PolicySnapshot Change(int number)
    {
        var random = new Random(number);
        var snapshot = new PolicySnapshot();
        for (var i = 1 + random.Next(3); i > 0; i--)
        {
            switch (random.Next(12))
            {
                case < 5:
                    var pod = new ObjectKey(Pick(random, Namespaces), Pick(random, PodNames));
                    Set(Pods, snapshot.Pods, pod, random.Next(6) == 0 ? null : NewPod(pod, random));
                    break;
                case 5:
                    var ns = Pick(random, Namespaces);
                    Set(NamespaceLabels, snapshot.Namespaces, ns, random.Next(4) == 0 ? null : LabelSet.Of(random.Next(2) == 0 ? [] : [new("env", "test")]).With("kubernetes.io/metadata.name", ns));
                    break;
                case 6:
                    var node = Pick(random, ["n1", "n2"]);
                    Set(Nodes, snapshot.Nodes, node, random.Next(4) == 0 ? null : new NodeRecord { Name = node, Labels = Labels(random), Addresses = [Ip(Pick(random, ["10.89.0.9", "192.0.2.1"])), Ip("fd89::9")] });
                    break;
                case 10:
                    Set(Domains, snapshot.Domains, Pick(random, DomainNames), random.Next(4) == 0 ? null : [Ip(Pick(random, V4)), Ip(Pick(random, Outside)), Ip(Pick(random, Outside6))]);
                    break;
                case 11:
                    snapshot.Resolvers = Resolvers = random.Next(3) switch { 0 => [], 1 => [new(Ip("10.96.0.10"), 53)], _ => [new(Ip("10.96.0.10"), 53), new(Ip("fd96::10"), 53)] };
                    break;
                case < 9:
                    var policy = new PolicyId(Pick(random, Namespaces), Pick(random, ["p", "q"]));
                    Set(Policies, snapshot.Policies, policy, random.Next(4) == 0 ? null : NewPolicy(policy, random));
                    break;
                default:
                    var cluster = new PolicyId("", Pick(random, ["r", "s", "t"]));
                    Set(Policies, snapshot.Policies, cluster, random.Next(4) == 0 ? null : NewClusterPolicy(cluster, random));
                    break;
            }
        }

        return snapshot;
    }

    /// <summary>Packets between all addresses in use, and some that are not, to the ports at which rules differ: every third of them, which third is told.</summary>
    public static IEnumerable<TestPacket> Packets(IpFamily family, int part)
    {
        var addresses = (family == IpFamily.V4 ? [.. V4, .. Outside] : (string[])[.. V6, .. Outside6]).Select(Ip).ToArray();
        (IpProtocol, ushort)[] ports =
        [
            (IpProtocol.Tcp, 79), (IpProtocol.Tcp, 80), (IpProtocol.Tcp, 81), (IpProtocol.Tcp, 87), (IpProtocol.Tcp, 95), (IpProtocol.Tcp, 443), (IpProtocol.Tcp, 8080),
            (IpProtocol.Udp, 80), (IpProtocol.Udp, 443), (IpProtocol.Sctp, 80), (IpProtocol.Sctp, 90), (family == IpFamily.V4 ? IpProtocol.Icmp : IpProtocol.IcmpV6, 8 + 120),
        ];
        var all = from source in addresses from destination in addresses from port in ports select new TestPacket(source, destination, port.Item1, port.Item2);
        return all.Where((_, at) => at % 3 == part % 3);
    }

    private static void Set<TKey, TValue>(Dictionary<TKey, TValue> all, Dictionary<TKey, TValue?> changed, TKey key, TValue? value)
        where TKey : notnull
        where TValue : class
    {
        changed[key] = value;
        all.Remove(key);
        if (value is not null)
        {
            all[key] = value;
        }
    }

    private static PodRecord NewPod(ObjectKey key, Random random)
    {
        var at = random.Next(V4.Length);
        return new()
        {
            Key = key,
            Uid = random.Next(3).ToString(),
            Node = random.Next(3) == 0 ? "there" : Node,
            Labels = Labels(random),
            Addresses = random.Next(8) switch { 0 => [], 1 => [Ip(V4[at])], 2 => [Ip(V6[at])], _ => [Ip(V4[at]), Ip(V6[at])] },
            NamedPorts = random.Next(3) switch { 0 => [], 1 => [new("http", IpProtocol.Tcp, (ushort)(random.Next(2) == 0 ? 80 : 8080))], _ => [new("http", IpProtocol.Udp, 443), new("dns", IpProtocol.Udp, 80)] },
            Created = DateTimeOffset.UnixEpoch.AddSeconds(random.Next(3)),
            IsHostNetwork = random.Next(12) == 0,
            IsEnded = random.Next(12) == 0,
        };
    }

    private static PolicyRecord NewPolicy(PolicyId id, Random random)
    {
        var (ingress, egress) = random.Next(4) switch { 0 => (true, true), 1 => (false, true), _ => (true, false) };
        return new()
        {
            Id = id,
            Subject = new(id.Namespace, null, Query(random)),
            HasIngress = ingress,
            HasEgress = egress,
            Ingress = ingress ? Rules(id, random, false) : [],
            Egress = egress ? Rules(id, random, false) : [],
        };
    }

    private static PolicyRecord NewClusterPolicy(PolicyId id, Random random)
    {
        var (ingress, egress) = (Rules(id, random, true), Rules(id, random, true));
        return new()
        {
            Id = id,
            Tier = random.Next(2) == 0 ? PolicyTier.Admin : PolicyTier.Baseline,
            Priority = random.Next(3),
            Subject = new(null, LabelQuery.Parse(Pick(random, NamespaceSelectors)), Query(random)),
            HasIngress = ingress.Length > 0,
            HasEgress = egress.Length > 0,
            Ingress = ingress,
            Egress = egress,
        };
    }

    private static RuleRecord[] Rules(PolicyId id, Random random, bool cluster) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => new RuleRecord
    {
        Action = cluster ? (RuleAction)random.Next(3) : RuleAction.Accept,
        Peers = !cluster && random.Next(5) == 0 ? null : [.. Enumerable.Range(0, random.Next(4)).Select(_ => NewPeer(id, random, cluster))],
        Ports = random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(4)).Select(_ => NewPort(random, cluster))],
    })];

    private static PeerRecord NewPeer(PolicyId id, Random random, bool cluster)
    {
        switch (random.Next(cluster ? 6 : 4))
        {
            case 0 when !cluster:
                return PeerRecord.Of(new PeerSelector(id.Namespace, null, Query(random)));
            case 0 or 1:
                return PeerRecord.Of(new PeerSelector(null, LabelQuery.Parse(Pick(random, NamespaceSelectors)), Query(random)));
            case 5:
                return PeerRecord.OfDomain(Pick(random, DomainNames));
            case 4:
                return PeerRecord.OfNodes(Query(random));
            default:
                var prefix = IpPrefix.Parse(Pick(random, Blocks));
                return PeerRecord.Of(new IpBlock(prefix, [.. Enumerable.Range(0, cluster ? 0 : random.Next(3)).Select(_ => IpPrefix.Parse(Pick(random, Blocks))).Where(except => except.Family == prefix.Family && except.Length > prefix.Length && prefix.Contains(except))]));
        }
    }

    private static PortMatch NewPort(Random random, bool cluster)
    {
        var protocol = Pick(random, Protocols);
        var (from, to) = Pick(random, Ranges);
        return random.Next(4) == 0 ? PortMatch.Named(cluster ? null : protocol, Pick(random, ["http", "dns", "none"])) : PortMatch.Range(protocol, from, to);
    }

    private static LabelSet Labels(Random random) => LabelSet.Of(random.Next(6) switch
    {
        0 => [],
        1 => [new("app", "x")],
        2 => [new("app", "y"), new("tier", "front")],
        3 => [new("app", "x"), new("tier", "front")],
        4 => [new("tier", "back")],
        _ => (KeyValuePair<string, string>[])[new("app", "z")],
    });

    private static LabelQuery Query(Random random) => LabelQuery.Parse(Pick(random, Selectors));

    private static IpAddress Ip(string text) => IpAddress.Parse(text);

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];
}
