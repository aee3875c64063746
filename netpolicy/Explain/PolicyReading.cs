using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Explain;

/// <summary>Judges single connections from the objects, slowly, and says why. Nothing of it is shared with the compiler, so it may contradict it.</summary>
internal sealed class PolicyReading(PolicySnapshot objects)
{
    /// <summary>The pod that has an address; null if none has.</summary>
    public PodRecord? PodAt(IpAddress address)
    {
        PodRecord? found = null;
        foreach (var pod in objects.Pods.Values)
        {
            if (pod is { IsEnded: false, IsHostNetwork: false } && Array.IndexOf(pod.Addresses, address) >= 0
                && (found is null || pod.Created > found.Created || (pod.Created == found.Created && pod.Key.CompareTo(found.Key) > 0)))
            {
                found = pod;
            }
        }

        return found;
    }

    /// <summary>The pod of that name; null if there is none.</summary>
    public PodRecord? Pod(ObjectKey key) => objects.Pods.GetValueOrDefault(key);

    /// <summary>The pods of a namespace that have addresses, by name.</summary>
    public List<PodRecord> Pods(string ns)
    {
        var found = objects.Pods.Values.OfType<PodRecord>().Where(pod => pod.Key.Namespace == ns && pod.Addresses.Length > 0).ToList();
        found.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        return found;
    }

    /// <summary>What the client's side says, then what the server's side says.</summary>
    public (SideVerdict Egress, SideVerdict Ingress) Judge(IpAddress client, IpAddress server, IpProtocol protocol, ushort port)
    {
        var (from, to) = (PodAt(client), PodAt(server));
        var isSelf = client == server && from is not null;
        return (Side(from, false, isSelf, server, server, protocol, port), Side(to, true, isSelf, client, server, protocol, port));
    }

    private SideVerdict Side(PodRecord? pod, bool ingress, bool isSelf, IpAddress peer, IpAddress server, IpProtocol protocol, ushort port)
    {
        if (pod is null)
        {
            return new(true, "no pod has this address: policies are about pods", []);
        }

        var selecting = objects.Policies.Values.OfType<PolicyRecord>().Where(policy => policy.Applies(ingress) && Selects(policy.Subject, pod)).ToList();
        selecting.Sort(static (a, b) => a.Priority != b.Priority ? a.Priority.CompareTo(b.Priority) : a.Id.CompareTo(b.Id));
        if (selecting.Count == 0)
        {
            return new(true, "no policy selects it", []);
        }

        if (isSelf && selecting.TrueForAll(static policy => policy.Tier == PolicyTier.Namespaced))
        {
            return new(true, "a pod always reaches itself", []);
        }

        var remedies = new List<string>();
        if (Tier(PolicyTier.Admin) is { Action: not RuleAction.Pass } admin)
        {
            return admin.Verdict;
        }

        var namespaced = selecting.FindAll(static policy => policy.Tier == PolicyTier.Namespaced);
        foreach (var policy in namespaced)
        {
            foreach (var rule in policy.Rules(ingress))
            {
                if (Missing(rule, ingress, peer, server, protocol, port) is not { } missing)
                {
                    return new(true, $"NetworkPolicy {policy.Id} {rule.Label} accepts it", []);
                }

                remedies.Add($"NetworkPolicy {policy.Id} {rule.Label}: {missing}");
            }
        }

        if (namespaced.Count > 0)
        {
            return new(false, $"isolated by NetworkPolicy {string.Join(", ", namespaced.ConvertAll(static policy => policy.Id.ToString()))}, and no rule accepts it", remedies.Count > 0 ? remedies : ["no rule accepts anything: a rule would have to be added"]);
        }

        return Tier(PolicyTier.Baseline) is { Action: not RuleAction.Pass } baseline ? baseline.Verdict : new(true, "no rule decides: accepted", []);

        (RuleAction Action, SideVerdict Verdict)? Tier(PolicyTier tier)
        {
            foreach (var policy in selecting.FindAll(policy => policy.Tier == tier))
            {
                foreach (var rule in policy.Rules(ingress))
                {
                    if (Missing(rule, ingress, peer, server, protocol, port) is null)
                    {
                        var accepts = rule.Action == RuleAction.Accept;
                        return (rule.Action, new(
                            accepts,
                            $"ClusterNetworkPolicy {policy.Id} ({tier}, priority {policy.Priority}) {rule.Label} {(accepts ? "accepts" : "denies")} it",
                            accepts ? [] : [$"ClusterNetworkPolicy {policy.Id} {rule.Label} would have to go, or a rule before it accept or pass"]));
                    }
                }
            }

            return null;
        }
    }

    /// <summary>What of a rule does not match; null if all of it does.</summary>
    private string? Missing(RuleRecord rule, bool ingress, IpAddress peer, IpAddress server, IpProtocol protocol, ushort port)
    {
        var isPeer = rule.Peers is null || Array.Exists(rule.Peers, one => IsPeer(one, peer));
        var isPort = rule.Ports is null || Array.Exists(rule.Ports, one => IsPort(one, server, protocol, port));
        var peers = isPeer ? null : rule.Peers!.Length == 0 ? "has no usable peer" : $"{peer} is not {(ingress ? "from" : "to")} {string.Join(" or ", Array.ConvertAll(rule.Peers, Text))}";
        var ports = isPort ? null : rule.Ports!.Length == 0 ? "has no usable port" : $"{protocol.ToString().ToUpperInvariant()}/{port} is not {string.Join(" or ", Array.ConvertAll(rule.Ports, Text))}";
        return peers is null && ports is null ? null : string.Join("; ", new[] { peers, ports }.OfType<string>());
    }

    private bool Selects(PeerSelector selector, PodRecord pod) => selector.Matches(pod.Key.Namespace, LabelsOf(pod.Key.Namespace), pod.Labels);

    private bool IsPeer(PeerRecord peer, IpAddress address) => peer switch
    {
        { Block: { } block } => block.Contains(address),
        { Nodes: { } labels } => objects.Nodes.Values.OfType<NodeRecord>().Any(node => labels.Matches(node.Labels) && Array.IndexOf(node.Addresses, address) >= 0),
        { Pods: { } pods } => PodAt(address) is { } pod && Selects(pods, pod),
        { Domain: { } domain } => Array.IndexOf(objects.Domains.GetValueOrDefault(domain) ?? [], address) >= 0,
        _ => false,
    };

    private bool IsPort(PortMatch match, IpAddress server, IpProtocol protocol, ushort port) => match.Name is null
        ? match.Protocol == protocol && port >= match.From && port <= match.To
        : PodAt(server) is { } pod && Array.Exists(pod.NamedPorts, named => match.Is(named) && named.Protocol == protocol && named.Port == port);

    private LabelSet LabelsOf(string ns) => objects.Namespaces.GetValueOrDefault(ns) ?? LabelSet.Of([new("kubernetes.io/metadata.name", ns)]);

    private static string Text(PeerRecord peer) => peer switch
    {
        { Block: { } block } => block.Except.Length == 0 ? block.Prefix.ToString() : $"{block.Prefix} except {string.Join(", ", block.Except)}",
        { Nodes: { } nodes } => $"nodes {nodes.Text}",
        { Domain: { } domain } => peer.IsWildcard ? $"{domain} (known to the pod's node only, from the answers that its pods got)" : domain,
        { Pods: { Namespace: { } ns } pods } => $"pods {ns}/{(pods.Pods.Text.Length == 0 ? "*" : pods.Pods.Text)}",
        _ => $"pods {(peer.Pods!.Pods.Text.Length == 0 ? "*" : peer.Pods.Pods.Text)} of namespaces {(peer.Pods.Namespaces!.Text.Length == 0 ? "*" : peer.Pods.Namespaces.Text)}",
    };

    private static string Text(PortMatch port) => port.Name is not null ? $"{port.Protocol?.ToString().ToUpperInvariant() ?? "any"}/{port.Name}"
        : port is { From: 0, To: ushort.MaxValue } ? $"{port.Protocol!.Value.ToString().ToUpperInvariant()}"
        : $"{port.Protocol!.Value.ToString().ToUpperInvariant()}/{port.From}{(port.To == port.From ? string.Empty : $"-{port.To}")}";
}
