using Podwire.Kube;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>
/// What the API says of a connection, read from the objects one by one, slowly, and with nothing in common with the compiler:
/// the yardstick of the property tests and of the kernel tests.
/// </summary>
internal sealed class DirectReading(
    string node,
    IReadOnlyDictionary<ObjectKey, PodRecord> pods,
    IReadOnlyDictionary<string, LabelSet> namespaces,
    IReadOnlyDictionary<PolicyId, PolicyRecord> policies,
    IReadOnlyDictionary<string, NodeRecord> nodes,
    IReadOnlyDictionary<string, IpAddress[]>? domains = null)
{
    /// <summary>True if this node lets it through; the other end's node may still say no.</summary>
    public bool IsAccepted(TestPacket packet)
    {
        var client = PodAt(packet.Source);
        var server = PodAt(packet.Destination);
        if (packet.Source == packet.Destination && client is not null && !Selecting(client).Any(policy => policy.Tier != PolicyTier.Namespaced && (policy.HasIngress || policy.HasEgress)))
        {
            return true;
        }

        return (client?.Node != node || Judges(client, false, packet, packet.Destination)) && (server?.Node != node || Judges(server, true, packet, packet.Source));
    }

    private bool Judges(PodRecord subject, bool ingress, TestPacket packet, IpAddress peer)
    {
        var selecting = Selecting(subject).Where(policy => policy.Applies(ingress)).ToList();
        foreach (var rule in Ordered(PolicyTier.Admin))
        {
            if (rule.Action == RuleAction.Pass)
            {
                break;
            }

            return rule.Action == RuleAction.Accept;
        }

        var namespaced = selecting.Where(policy => policy.Tier == PolicyTier.Namespaced).ToList();
        if (namespaced.Count > 0)
        {
            return namespaced.SelectMany(policy => policy.Rules(ingress)).Any(Matches);
        }

        return Ordered(PolicyTier.Baseline).FirstOrDefault()?.Action != RuleAction.Deny;

        IEnumerable<RuleRecord> Ordered(PolicyTier tier) => selecting.Where(policy => policy.Tier == tier)
            .OrderBy(policy => policy.Priority).ThenBy(policy => policy.Id.Name, StringComparer.Ordinal).SelectMany(policy => policy.Rules(ingress)).Where(Matches);

        bool Matches(RuleRecord rule) => (rule.Peers is null || rule.Peers.Any(one => IsPeer(one, peer)))
            && (rule.Ports is null || rule.Ports.Any(port => IsPort(port, packet)));
    }

    private IEnumerable<PolicyRecord> Selecting(PodRecord pod) => policies.Values.Where(policy => policy.Subject.Matches(pod.Key.Namespace, LabelsOf(pod.Key.Namespace), pod.Labels));

    private bool IsPeer(PeerRecord peer, IpAddress address)
    {
        if (peer.Block is { } block)
        {
            return block.Prefix.Contains(address) && !block.Except.Any(except => except.Contains(address));
        }

        if (peer.Nodes is { } labels)
        {
            return nodes.Values.Any(one => labels.Matches(one.Labels) && one.Addresses.Contains(address));
        }

        if (peer.Domain is { } domain)
        {
            return domains?.GetValueOrDefault(domain)?.Contains(address) == true;
        }

        return PodAt(address) is { } pod && peer.Pods!.Matches(pod.Key.Namespace, LabelsOf(pod.Key.Namespace), pod.Labels);
    }

    private bool IsPort(PortMatch port, TestPacket packet)
    {
        if (port.Name is null)
        {
            return port.Protocol == packet.Protocol && packet.Port >= port.From && packet.Port <= port.To;
        }

        return PodAt(packet.Destination) is { } pod && pod.NamedPorts.Any(named =>
            named.Name == port.Name && named.Protocol == packet.Protocol && (port.Protocol is null || port.Protocol == named.Protocol) && named.Port == packet.Port);
    }

    private PodRecord? PodAt(IpAddress address) => pods.Values
        .Where(pod => !pod.IsEnded && !pod.IsHostNetwork && pod.Addresses.Contains(address)).OrderByDescending(pod => pod.Created).ThenByDescending(pod => pod.Key).FirstOrDefault();

    private LabelSet LabelsOf(string ns) => namespaces.TryGetValue(ns, out var labels) ? labels : LabelSet.Of([new("kubernetes.io/metadata.name", ns)]);
}
