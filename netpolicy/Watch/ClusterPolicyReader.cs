using System.Text.Json;
using Podwire.NetPolicy.Domains;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Watch;

/// <summary>
/// Reads a ClusterNetworkPolicy (policy.networking.k8s.io/v1alpha2). Pure. What is not known fails closed as the API asks: an Accept rule then
/// matches nothing of it, a Deny or a Pass rule becomes «deny all».
/// </summary>
internal static class ClusterPolicyReader
{
    /// <summary>The record.</summary>
    public static PolicyRecord Read(PolicyObject policy)
    {
        var reading = new Reading();
        ClusterPolicySpec? spec;
        try
        {
            spec = policy.Spec.ValueKind == JsonValueKind.Undefined ? null : policy.Spec.Deserialize(PolicyResources.TypeInfo<ClusterPolicySpec>());
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            reading.Skip($"spec: {e.Message}");
            spec = null;
        }

        RuleRecord[] deny = [new() { Action = RuleAction.Deny, Label = "unusable" }];
        var ingress = spec is null ? deny : Rules(spec.Ingress, true, reading);
        var egress = spec is null ? deny : Rules(spec.Egress, false, reading);
        return new()
        {
            Id = new(string.Empty, policy.Metadata.Name),
            Uid = policy.Metadata.Uid ?? string.Empty,
            Version = policy.Metadata.ResourceVersion ?? string.Empty,
            Tier = Tier(spec?.Tier, reading),
            Priority = Priority(spec?.Priority, reading),
            Subject = Subject(spec?.Subject, reading),
            HasIngress = ingress.Length > 0,
            HasEgress = egress.Length > 0,
            Ingress = ingress,
            Egress = egress,
            Problems = reading.Problems,
        };
    }

    private static PolicyTier Tier(string? tier, Reading reading)
    {
        if (tier is not ("Admin" or "Baseline"))
        {
            reading.Skip($"spec.tier: '{tier}' is not Admin or Baseline; Admin is used");
        }

        return tier == "Baseline" ? PolicyTier.Baseline : PolicyTier.Admin;
    }

    private static int Priority(int? priority, Reading reading)
    {
        if (priority is >= 0 and <= 1000)
        {
            return priority.Value;
        }

        reading.Skip($"spec.priority: {priority?.ToString() ?? "none"} is not between 0 and 1000; 0 is used");
        return 0;
    }

    private static PeerSelector Subject(ClusterPolicyPeer? subject, Reading reading)
    {
        if (subject is not null && Pods("spec.subject", subject, reading) is { } pods)
        {
            return pods;
        }

        reading.Skip("spec.subject: neither namespaces nor pods that can be used; every pod is taken");
        return PeerSelector.AllPods;
    }

    private static PeerSelector? Pods(string field, ClusterPolicyPeer peer, Reading reading)
    {
        if (peer.Namespaces is { } namespaces)
        {
            return reading.Query($"{field}.namespaces", namespaces) is { } query ? new(null, query, LabelQuery.Everything) : null;
        }

        if (peer.Pods is not { } pods)
        {
            return null;
        }

        var own = reading.Query($"{field}.pods.namespaceSelector", pods.NamespaceSelector ?? new LabelSelector());
        var selected = reading.Query($"{field}.pods.podSelector", pods.PodSelector ?? new LabelSelector());
        return own is null || selected is null ? null : new(null, own, selected);
    }

    private static RuleRecord[] Rules(List<ClusterPolicyRule> rules, bool ingress, Reading reading)
    {
        var read = new RuleRecord[rules.Count];
        for (var i = 0; i < read.Length; i++)
        {
            var rule = rules[i];
            var label = $"{(ingress ? "ingress" : "egress")}[{i}]{(string.IsNullOrEmpty(rule.Name) ? string.Empty : $" {rule.Name}")}";
            var field = $"spec.{(ingress ? "ingress" : "egress")}[{i}]";
            var before = reading.Problems.Count;
            var action = rule.Action switch { "Accept" => RuleAction.Accept, "Deny" => RuleAction.Deny, "Pass" => RuleAction.Pass, _ => (RuleAction?)null };
            if (action is null)
            {
                reading.Skip($"{field}.action: '{rule.Action}' is not Accept, Deny or Pass");
            }

            var peers = new List<PeerRecord>();
            var given = ingress ? rule.From : rule.To;
            if (given.Count == 0)
            {
                reading.Skip($"{field}: no peer");
            }

            for (var at = 0; at < given.Count; at++)
            {
                Peers($"{field}.{(ingress ? "from" : "to")}[{at}]", given[at], ingress, action == RuleAction.Accept, peers, reading);
            }

            List<PortMatch>? ports = rule.Protocols is null ? null : [];
            for (var at = 0; at < (rule.Protocols?.Count ?? 0); at++)
            {
                Port($"{field}.protocols[{at}]", rule.Protocols![at], ports!, reading);
            }

            read[i] = action != RuleAction.Accept && reading.Problems.Count > before
                ? new() { Action = RuleAction.Deny, Label = $"{label} (unusable)" }
                : new() { Action = action!.Value, Peers = [.. peers], Ports = ports is null ? null : [.. ports], Label = label };
        }

        return read;
    }

    private static void Peers(string field, ClusterPolicyPeer peer, bool ingress, bool isAccept, List<PeerRecord> into, Reading reading)
    {
        if (peer.Namespaces is not null || peer.Pods is not null)
        {
            if (Pods(field, peer, reading) is { } pods)
            {
                into.Add(PeerRecord.Of(pods));
            }
        }
        else if (peer.Nodes is not null && !ingress)
        {
            if (reading.Query($"{field}.nodes", peer.Nodes) is { } nodes)
            {
                into.Add(PeerRecord.OfNodes(nodes));
            }
        }
        else if (peer.Networks is not null && !ingress)
        {
            foreach (var network in peer.Networks)
            {
                if (reading.Block($"{field}.networks", network, []) is { } block)
                {
                    into.Add(PeerRecord.Of(block));
                }
            }
        }
        else if (peer.DomainNames is not null && !ingress && isAccept)
        {
            foreach (var domain in peer.DomainNames)
            {
                var name = domain.TrimEnd('.').ToLowerInvariant();
                if (DomainWildcard.Is(name) ? DomainWildcard.IsValid(name) : DnsName.IsValid(name))
                {
                    into.Add(PeerRecord.OfDomain(name));
                }
                else
                {
                    reading.Skip($"{field}.domainNames: '{domain}' is not a domain name, or one behind '*.'; nothing is accepted by it");
                }
            }
        }
        else
        {
            reading.Skip($"{field}: a kind of peer that is not known here");
        }
    }

    private static void Port(string field, ClusterPolicyProtocol protocol, List<PortMatch> into, Reading reading)
    {
        if (!string.IsNullOrEmpty(protocol.DestinationNamedPort))
        {
            into.Add(PortMatch.Named(null, protocol.DestinationNamedPort));
            return;
        }

        var (transport, which) = protocol switch
        {
            { Tcp: { } tcp } => (tcp, IpProtocol.Tcp),
            { Udp: { } udp } => (udp, IpProtocol.Udp),
            { Sctp: { } sctp } => (sctp, IpProtocol.Sctp),
            _ => (null, default),
        };
        if (transport is null)
        {
            reading.Skip($"{field}: a kind of protocol that is not known here");
            return;
        }

        switch (transport.DestinationPort)
        {
            case null:
                into.Add(PortMatch.All(which));
                break;
            case { Number: { } number, Range: null } when reading.IsPort(field, number):
                into.Add(PortMatch.Range(which, (ushort)number, (ushort)number));
                break;
            case { Number: null, Range: { } range } when reading.IsPort(field, range.Start) && reading.IsPort(field, range.End) && range.Start <= range.End:
                into.Add(PortMatch.Range(which, (ushort)range.Start, (ushort)range.End));
                break;
            default:
                reading.Skip($"{field}.destinationPort: neither a number nor a range");
                break;
        }
    }
}
