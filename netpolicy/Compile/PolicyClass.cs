using System.Security.Cryptography;
using System.Text;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Compile;

/// <summary>
/// What all pods with the same set of policies have in common, in one direction: which peers may use which port classes. Made by
/// <see cref="ClassBuilder"/>, anew when one of its policies changes; only <see cref="Peers"/> follows the coming and going of peers.
/// </summary>
internal sealed class PolicyClass
{
    private readonly Dictionary<RuleNumbers, PortSet> judged = [];
    private readonly ClassSets?[] sets = new ClassSets?[2];

    /// <summary>What it is made of, as text: equal for equal sets of policies (and equal numbers of the ports that they name).</summary>
    public required string Key { get; init; }

    /// <summary>Whether the name depends on what the sets mean, not only on the policies: see <see cref="TableSettings.HasVersionedNames"/>.</summary>
    public required bool IsVersioned { get; init; }

    /// <summary>The name of its chain and the beginning of the names of its sets.</summary>
    public string Name => field ??= $"{(Ingress ? "in" : "eg")}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(IsVersioned ? $"{Key}|{Meaning}" : Key)).AsSpan(0, 8))}";

    /// <summary>True for what comes in.</summary>
    public required bool Ingress { get; init; }

    /// <summary>The policies, by name.</summary>
    public required PolicyRecord[] Policies { get; init; }

    /// <summary>The rules in the order in which they judge.</summary>
    public required ClassRule[] Rules { get; init; }

    /// <summary>The port classes.</summary>
    public required PortPartition Ports { get; init; }

    /// <summary>The numbers of the rules that match any peer.</summary>
    public required int[] AnyPeer { get; init; }

    /// <summary>The groups, each with the numbers of the rules that have it as a peer.</summary>
    public required Dictionary<PeerGroup, int[]> Groups { get; init; }

    /// <summary>Blocks of IPv4.</summary>
    public required BlockMap BlocksV4 { get; init; }

    /// <summary>Blocks of IPv6.</summary>
    public required BlockMap BlocksV6 { get; init; }

    /// <summary>True if a NetworkPolicy isolates: what no rule accepts is dropped, and the Baseline tier is not asked.</summary>
    public required bool IsIsolated { get; init; }

    /// <summary>True if a rule can deny what another accepts, so that an exception to a block may be needed.</summary>
    public bool CanDeny => Array.Exists(Rules, static rule => rule.Rule.Action != RuleAction.Accept);

    /// <summary>True if a ClusterNetworkPolicy has a say.</summary>
    public bool HasClusterPolicies => Array.Exists(Policies, static policy => policy.Tier != PolicyTier.Namespaced);

    /// <summary>True if a rule names a domain with a wildcard.</summary>
    public bool HasWildcards => Groups.Keys.Any(static group => group.Peer.IsWildcard);

    /// <summary>How its groups are asked for.</summary>
    public ClassGroups Asked => field ??= new(this);

    /// <summary>What addresses that a group holds may use, as far as the class keeps elements of its own for them.</summary>
    public Dictionary<IpAddress, PortSet> Peers { get; } = [];

    /// <summary>The pods of this node that have it.</summary>
    public HashSet<Entity> Pods { get; } = [];

    /// <summary>What an address may use that no rule mentions.</summary>
    public PortSet Default => field ??= Judge([], null);

    /// <summary>The sets of a family.</summary>
    public ClassSets SetsOf(TableSchema schema) => sets[schema.Family == IpFamily.V4 ? 0 : 1] ??= new(this, schema);

    /// <summary>The blocks of a family.</summary>
    public BlockMap Blocks(IpFamily family) => family == IpFamily.V4 ? BlocksV4 : BlocksV6;

    /// <summary>What an address may use by blocks alone.</summary>
    public PortSet ByBlocks(IpAddress address) => Judge(Blocks(address.Family).RulesAt(address), null);

    /// <summary>What an address may use that those rules match, beside what everybody may.</summary>
    public PortSet ByRules(int[] numbers) => Judge(numbers, null);

    /// <summary>What an address may use that those are known to have; null if it is in no group that this class keeps elements for.</summary>
    public PortSet? ByGroups(IpAddress address, Entity[] owners)
    {
        List<int>? matched = null;
        PodRecord? pod = null;
        var found = false;
        foreach (var owner in owners)
        {
            pod ??= owner.Pod;
            foreach (var group in owner.Groups)
            {
                if (Groups.TryGetValue(group, out var numbers) && Asked.Own.Contains(group))
                {
                    found = true;
                    (matched ??= []).AddRange(numbers);
                }
            }
        }

        if (!found)
        {
            return null;
        }

        matched!.AddRange(Blocks(address.Family).RulesAt(address));
        return Judge(matched, pod);
    }

    /// <summary>The port classes of a rule for a peer.</summary>
    public PortSet Coverage(ClassRule rule, PodRecord? pod)
    {
        if (rule.Names.Length == 0 || pod is null)
        {
            return rule.Covered;
        }

        var covered = new PortSet(Ports.Count).Or(rule.Covered);
        foreach (var name in rule.Names)
        {
            foreach (var port in pod.NamedPorts)
            {
                if (name.Is(port))
                {
                    covered.Add(Ports.ClassOf(PortLine.Of(port.Protocol, port.Port)));
                }
            }
        }

        return covered;
    }

    /// <summary>Which ports the port classes are, and what is accepted of each that nobody mentions: equal where the sets mean the same.</summary>
    private string Meaning
    {
        get
        {
            var text = new StringBuilder().Append(Ports).Append(CanDeny ? '!' : ' ');
            for (var i = 0; i < Ports.Count; i++)
            {
                text.Append(Default[i] ? '.' : 'x');
            }

            return text.ToString();
        }
    }

    private PortSet Judge(IReadOnlyList<int> matched, PodRecord? pod)
    {
        int[] numbers = [.. matched, .. AnyPeer];
        Array.Sort(numbers);
        var dependsOnPod = pod is { NamedPorts.Length: > 0 } && Array.Exists(numbers, number => Rules[number].Names.Length > 0);
        if (dependsOnPod)
        {
            return Fold(numbers, pod);
        }

        var key = new RuleNumbers(numbers);
        return judged.TryGetValue(key, out var known) ? known : judged[key] = Fold(numbers, null);
    }

    /// <summary>Tier by tier, rule by rule: what one decides the next ones are not asked.</summary>
    private PortSet Fold(int[] numbers, PodRecord? pod)
    {
        var undecided = PortSet.All(Ports.Count);
        var accepted = new PortSet(Ports.Count);
        var passed = new PortSet(Ports.Count);
        foreach (var number in numbers)
        {
            var rule = Rules[number];
            if (rule.Policy.Tier == PolicyTier.Admin)
            {
                Decide(rule, ref accepted, ref passed);
            }
        }

        undecided = undecided.Or(passed);
        if (IsIsolated)
        {
            foreach (var number in numbers)
            {
                if (Rules[number].Policy.Tier == PolicyTier.Namespaced)
                {
                    accepted = accepted.Or(Coverage(Rules[number], pod).And(undecided));
                }
            }

            return accepted;
        }

        foreach (var number in numbers)
        {
            var rule = Rules[number];
            if (rule.Policy.Tier == PolicyTier.Baseline)
            {
                // Behind the last tier everything is accepted, so to pass is to accept.
                Decide(rule, ref accepted, ref accepted);
            }
        }

        return accepted.Or(undecided);

        void Decide(ClassRule rule, ref PortSet accepts, ref PortSet passes)
        {
            var here = Coverage(rule, pod).And(undecided);
            undecided = undecided.Without(here);
            switch (rule.Rule.Action)
            {
                case RuleAction.Accept:
                    accepts = accepts.Or(here);
                    break;
                case RuleAction.Pass:
                    passes = passes.Or(here);
                    break;
            }
        }
    }

    private readonly struct RuleNumbers(int[] numbers) : IEquatable<RuleNumbers>
    {
        private readonly int[] numbers = numbers;

        public bool Equals(RuleNumbers other) => numbers.AsSpan().SequenceEqual(other.numbers);

        public override bool Equals(object? obj) => obj is RuleNumbers other && Equals(other);

        public override int GetHashCode()
        {
            HashCode hash = default;
            foreach (var number in numbers)
            {
                hash.Add(number);
            }

            return hash.ToHashCode();
        }
    }
}
