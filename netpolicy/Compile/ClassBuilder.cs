using System.Security.Cryptography;
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
            foreach (var port in pod.NamedPorts.Where(port => policies.Exists(policy => Names(policy, true).Any(name => name.Is(port)))).Order(Comparer<NamedPort>.Create(Compare)).Distinct())
            {
                text.Append('|').Append(port.Name).Append('=').Append((byte)port.Protocol).Append('/').Append(port.Port);
            }
        }

        return text.ToString();
    }

    /// <summary>The ports with names that a policy's rules of a direction mention.</summary>
    public static IEnumerable<PortMatch> Names(PolicyRecord policy, bool ingress)
    {
        foreach (var rule in policy.Rules(ingress))
        {
            foreach (var port in rule.Ports ?? [])
            {
                if (port.Name is not null)
                {
                    yield return port;
                }
            }
        }
    }

    /// <summary>Makes a class.</summary>
    /// <param name="key">From <see cref="KeyOf"/>.</param>
    /// <param name="ingress">The direction.</param>
    /// <param name="policies">The policies, by name.</param>
    /// <param name="pod">A pod that has the class; only what comes in asks for it.</param>
    /// <param name="numbersOf">The ports that any pod gives that name.</param>
    /// <param name="groupOf">The group of a peer that is no block.</param>
    public static PolicyClass Build(
        string key, bool ingress, List<PolicyRecord> policies, PodRecord? pod, Func<string, IEnumerable<(IpProtocol Protocol, ushort Port)>> numbersOf, Func<PeerRecord, PeerGroup> groupOf)
    {
        var rules = policies.OrderBy(static policy => policy.Tier).ThenBy(static policy => policy.Priority).ThenBy(static policy => policy.Id)
            .SelectMany(policy => policy.Rules(ingress).Select(rule => (Policy: policy, Rule: rule, Ports: RangesOf(rule, ingress ? pod : null)))).ToArray();
        var lists = rules.Select(static rule => rule.Ports).OfType<PortRange[]>().DistinctBy(static list => string.Join(',', list)).ToList();
        if (!ingress)
        {
            // What a name stands for depends on the peer, so each number is a port class of its own.
            lists.AddRange(rules.SelectMany(static rule => rule.Rule.Ports ?? []).Where(static port => port.Name is not null)
                .SelectMany(port => numbersOf(port.Name!).Where(number => port.Protocol is null || port.Protocol == number.Protocol))
                .Select(static number => PortLine.Of(number.Protocol, number.Port)).Distinct().Order().Select(static point => (PortRange[])[new(point, point)]));
        }

        var ports = PortPartition.Of(lists);
        var compiled = rules.Select(rule => new ClassRule(rule.Policy, rule.Rule, Covered(rule.Ports, ports), ingress ? [] : [.. (rule.Rule.Ports ?? []).Where(static port => port.Name is not null)])).ToArray();
        return new()
        {
            Key = key,
            Name = $"{(ingress ? "in" : "eg")}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 8))}",
            Ingress = ingress,
            Policies = [.. policies],
            Rules = compiled,
            Ports = ports,
            AnyPeer = [.. Enumerable.Range(0, compiled.Length).Where(number => compiled[number].Rule.Peers is null)],
            Groups = GroupsOf(compiled, groupOf),
            BlocksV4 = BlockMap.Of(IpFamily.V4, BlocksOf(compiled)),
            BlocksV6 = BlockMap.Of(IpFamily.V6, BlocksOf(compiled)),
            IsIsolated = policies.Exists(static policy => policy.Tier == PolicyTier.Namespaced),
        };
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

        return groups.ToDictionary(static pair => pair.Key, static pair => pair.Value.ToArray());

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
