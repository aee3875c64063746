using System.Text;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>Makes classes from sets of policies. Pure.</summary>
internal static class ClassBuilder
{
    /// <summary>
    /// The text that classes are told apart by: the direction, the policies and, for what comes in, the numbers that the pod gives to the port
    /// names that the policies use. Pods made from one template have the same.
    /// </summary>
    /// <param name="ingress">The direction.</param>
    /// <param name="policies">The policies, by name.</param>
    /// <param name="pod">The pod.</param>
    public static string KeyOf(bool ingress, List<PolicyRecord> policies, PodRecord pod)
    {
        var text = new StringBuilder(ingress ? "in" : "eg");
        foreach (var policy in policies)
        {
            text.Append('|').Append(policy.Id.Namespace).Append('/').Append(policy.Id.Name);
        }

        if (ingress && pod.NamedPorts.Length > 0)
        {
            var named = Array.FindAll(pod.NamedPorts, port => policies.Exists(policy => Names(policy, true).Exists(name => name.Is(port))));
            Array.Sort(named, Compare);
            foreach (var port in new HashSet<NamedPort>(named))
            {
                text.Append('|').Append(port.Name).Append('=').Append((byte)port.Protocol).Append('/').Append(port.Port);
            }
        }

        return text.ToString();
    }

    /// <summary>The ports with names that a policy's rules of a direction mention.</summary>
    public static List<PortMatch> Names(PolicyRecord policy, bool ingress)
    {
        var names = new List<PortMatch>();
        foreach (var rule in policy.Rules(ingress))
        {
            foreach (var port in rule.Ports ?? [])
            {
                if (port.Name is not null)
                {
                    names.Add(port);
                }
            }
        }

        return names;
    }

    /// <summary>Makes a class.</summary>
    /// <param name="key">From <see cref="KeyOf"/>.</param>
    /// <param name="isVersioned">Whether the name depends on how the ports are cut.</param>
    /// <param name="ingress">The direction.</param>
    /// <param name="policies">The policies, by name.</param>
    /// <param name="pod">A pod that has the class; only what comes in asks for it.</param>
    /// <param name="numbersOf">The ports that any pod gives that name.</param>
    /// <param name="groupOf">The group of a peer that is no block.</param>
    public static PolicyClass Build(
        string key, bool isVersioned, bool ingress, List<PolicyRecord> policies, PodRecord? pod, Func<string, IEnumerable<(IpProtocol Protocol, ushort Port)>> numbersOf, Func<PeerRecord, PeerGroup> groupOf)
    {
        var ordered = new List<PolicyRecord>(policies);
        ordered.Sort(static (a, b) => a.Tier != b.Tier ? a.Tier.CompareTo(b.Tier) : a.Priority != b.Priority ? a.Priority.CompareTo(b.Priority) : a.Id.CompareTo(b.Id));
        var rules = new List<(PolicyRecord Policy, RuleRecord Rule, PortRange[]? Ports)>();
        foreach (var policy in ordered)
        {
            foreach (var rule in policy.Rules(ingress))
            {
                rules.Add((policy, rule, RangesOf(rule, ingress ? pod : null)));
            }
        }

        var lists = ListsOf(rules);
        if (!ingress)
        {
            lists.AddRange(PointsOf(policies, numbersOf));
        }

        var ports = PortPartition.Of(lists);
        var compiled = rules.ConvertAll(rule => new ClassRule(
            rule.Policy, rule.Rule, Covered(rule.Ports, ports), ingress ? [] : Array.FindAll(rule.Rule.Ports ?? [], static port => port.Name is not null))).ToArray();
        var anyPeer = new List<int>();
        for (var number = 0; number < compiled.Length; number++)
        {
            if (compiled[number].Rule.Peers is null)
            {
                anyPeer.Add(number);
            }
        }

        return new()
        {
            Key = key,
            IsVersioned = isVersioned,
            Ingress = ingress,
            Policies = [.. policies],
            Rules = compiled,
            Ports = ports,
            AnyPeer = [.. anyPeer],
            Groups = GroupsOf(compiled, groupOf),
            BlocksV4 = BlockMap.Of(IpFamily.V4, BlocksOf(compiled)),
            BlocksV6 = BlockMap.Of(IpFamily.V6, BlocksOf(compiled)),
            IsIsolated = policies.Exists(static policy => policy.Tier == PolicyTier.Namespaced),
        };
    }

    /// <summary>The different lists of ports.</summary>
    private static List<PortRange[]> ListsOf(List<(PolicyRecord Policy, RuleRecord Rule, PortRange[]? Ports)> rules)
    {
        var known = new HashSet<string>();
        var lists = new List<PortRange[]>();
        foreach (var (_, _, ports) in rules)
        {
            if (ports is not null && known.Add(string.Join(',', Array.ConvertAll(ports, static range => range.ToString()))))
            {
                lists.Add(ports);
            }
        }

        return lists;
    }

    /// <summary>What the names of ports in rules of what goes out stand for: it depends on the peer, so each number is a port class of its own.</summary>
    private static List<PortRange[]> PointsOf(List<PolicyRecord> policies, Func<string, IEnumerable<(IpProtocol Protocol, ushort Port)>> numbersOf)
    {
        var points = new SortedSet<uint>();
        foreach (var policy in policies)
        {
            foreach (var port in Names(policy, false))
            {
                foreach (var (protocol, number) in numbersOf(port.Name!))
                {
                    if (port.Protocol is null || port.Protocol == protocol)
                    {
                        points.Add(PortLine.Of(protocol, number));
                    }
                }
            }
        }

        return new List<uint>(points).ConvertAll(static point => (PortRange[])[new(point, point)]);
    }

    private static Dictionary<PeerGroup, int[]> GroupsOf(ClassRule[] rules, Func<PeerRecord, PeerGroup> groupOf)
    {
        var groups = new Dictionary<PeerGroup, List<int>>();
        for (var number = 0; number < rules.Length; number++)
        {
            foreach (var peer in rules[number].Rule.Peers ?? [])
            {
                if (peer.Block is null)
                {
                    var numbers = NumbersOf(groupOf(peer));
                    if (numbers.Count == 0 || numbers[^1] != number)
                    {
                        numbers.Add(number);
                    }
                }
            }

            // A name is resolved on the pod that has the address, also where a block or any peer is meant: then every pod is looked at.
            if (rules[number].Names.Length > 0 && (rules[number].Rule.Peers is null || Array.Exists(rules[number].Rule.Peers!, static peer => peer.Block is not null)))
            {
                _ = NumbersOf(groupOf(PeerRecord.Of(PeerSelector.AllPods)));
            }
        }

        var found = new Dictionary<PeerGroup, int[]>(groups.Count);
        foreach (var (group, numbers) in groups)
        {
            found[group] = [.. numbers];
        }

        return found;

        List<int> NumbersOf(PeerGroup group) => groups.TryGetValue(group, out var numbers) ? numbers : groups[group] = [];
    }

    private static IEnumerable<(int Rule, IpBlock Block)> BlocksOf(ClassRule[] rules)
    {
        for (var number = 0; number < rules.Length; number++)
        {
            foreach (var peer in rules[number].Rule.Peers ?? [])
            {
                if (peer.Block is { } block)
                {
                    yield return (number, block);
                }
            }
        }
    }

    /// <summary>The numbers of a rule, sorted; null for all. Names are looked up on a pod if it is given, and left out otherwise.</summary>
    private static PortRange[]? RangesOf(RuleRecord rule, PodRecord? pod)
    {
        if (rule.Ports is null)
        {
            return null;
        }

        var ranges = new SortedSet<PortRange>(Comparer<PortRange>.Create(static (a, b) => a.From != b.From ? a.From.CompareTo(b.From) : a.To.CompareTo(b.To)));
        foreach (var port in rule.Ports)
        {
            if (port.Name is null)
            {
                ranges.Add(new(PortLine.Of(port.Protocol!.Value, port.From), PortLine.Of(port.Protocol.Value, port.To)));
                continue;
            }

            foreach (var named in pod?.NamedPorts ?? [])
            {
                if (port.Is(named))
                {
                    ranges.Add(new(PortLine.Of(named.Protocol, named.Port), PortLine.Of(named.Protocol, named.Port)));
                }
            }
        }

        return [.. ranges];
    }

    private static PortSet Covered(PortRange[]? ranges, PortPartition ports)
    {
        if (ranges is null)
        {
            return PortSet.All(ports.Count);
        }

        var covered = new PortSet(ports.Count);
        foreach (var range in ranges)
        {
            ports.Collect(range, covered);
        }

        return covered;
    }

    private static int Compare(NamedPort a, NamedPort b)
    {
        var byName = string.CompareOrdinal(a.Name, b.Name);
        return byName != 0 ? byName : a.Protocol != b.Protocol ? a.Protocol.CompareTo(b.Protocol) : a.Port.CompareTo(b.Port);
    }
}
