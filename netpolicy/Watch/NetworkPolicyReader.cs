using System.Text.Json;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch.Api;

namespace Podwire.NetPolicy.Watch;

/// <summary>
/// Reads a NetworkPolicy (networking.k8s.io/v1). Pure. The API server refuses what is malformed; where it comes all the same, the policy isolates
/// what it selects (every pod of its namespace if the selector itself is bad), and a rule, a peer or a port that cannot be used accepts nothing.
/// </summary>
internal static class NetworkPolicyReader
{
    /// <summary>The record.</summary>
    public static PolicyRecord Read(PolicyObject policy)
    {
        var reading = new Reading();
        var id = new PolicyId(policy.Metadata.Namespace ?? string.Empty, policy.Metadata.Name);
        NetworkPolicySpec? spec;
        try
        {
            spec = policy.Spec.ValueKind == JsonValueKind.Undefined ? new() : policy.Spec.Deserialize(PolicyResources.TypeInfo<NetworkPolicySpec>()) ?? new();
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            reading.Skip($"spec: {e.Message}");
            spec = null;
        }

        var (ingress, egress) = spec is null ? (true, true) : Directions(spec, reading);
        return new()
        {
            Id = id,
            Uid = policy.Metadata.Uid ?? string.Empty,
            Version = policy.Metadata.ResourceVersion ?? string.Empty,
            Subject = new(id.Namespace, null, (spec?.PodSelector is { } selector ? reading.Query("spec.podSelector", selector) : null) ?? LabelQuery.Everything),
            HasIngress = ingress,
            HasEgress = egress,
            Ingress = spec is null || !ingress ? [] : Rules(id, spec.Ingress, true, reading),
            Egress = spec is null || !egress ? [] : Rules(id, spec.Egress, false, reading),
            Problems = reading.Problems,
        };
    }

    private static (bool Ingress, bool Egress) Directions(NetworkPolicySpec spec, Reading reading)
    {
        if (spec.PolicyTypes.Count == 0)
        {
            return (true, spec.Egress.Count > 0);
        }

        foreach (var type in spec.PolicyTypes)
        {
            if (type is not ("Ingress" or "Egress"))
            {
                reading.Skip($"spec.policyTypes: '{type}' is not Ingress or Egress");
                return (true, true);
            }
        }

        return (spec.PolicyTypes.Contains("Ingress"), spec.PolicyTypes.Contains("Egress"));
    }

    private static RuleRecord[] Rules(PolicyId id, List<NetworkPolicyRule> rules, bool ingress, Reading reading)
    {
        var read = new RuleRecord[rules.Count];
        for (var i = 0; i < read.Length; i++)
        {
            var label = $"{(ingress ? "ingress" : "egress")}[{i}]";
            var peers = ingress ? rules[i].From : rules[i].To;
            read[i] = new()
            {
                Peers = peers.Count == 0 ? null : [.. peers.Select((peer, at) => Peer(id, $"spec.{label}.{(ingress ? "from" : "to")}[{at}]", peer, reading)).OfType<PeerRecord>()],
                Ports = rules[i].Ports.Count == 0 ? null : Ports($"spec.{label}.ports", rules[i].Ports, reading),
                Label = label,
            };
        }

        return read;
    }

    private static PortMatch[] Ports(string field, List<NetworkPolicyPort> ports, Reading reading)
    {
        var read = new List<PortMatch>(ports.Count);
        for (var i = 0; i < ports.Count; i++)
        {
            if (Port($"{field}[{i}]", ports[i], reading) is { } port)
            {
                read.Add(port);
            }
        }

        return [.. read];
    }

    private static PeerRecord? Peer(PolicyId id, string field, NetworkPolicyPeer peer, Reading reading)
    {
        if (peer.IpBlock is { } block)
        {
            if (peer.PodSelector is not null || peer.NamespaceSelector is not null)
            {
                reading.Skip($"{field}: ipBlock stands alone");
                return null;
            }

            return reading.Block($"{field}.ipBlock", block.Cidr, block.Except) is { } read ? PeerRecord.Of(read) : null;
        }

        if (peer.PodSelector is null && peer.NamespaceSelector is null)
        {
            reading.Skip($"{field}: neither podSelector, namespaceSelector nor ipBlock");
            return null;
        }

        var pods = peer.PodSelector is null ? LabelQuery.Everything : reading.Query($"{field}.podSelector", peer.PodSelector);
        if (peer.NamespaceSelector is null)
        {
            return pods is null ? null : PeerRecord.Of(new PeerSelector(id.Namespace, null, pods));
        }

        var namespaces = reading.Query($"{field}.namespaceSelector", peer.NamespaceSelector);
        return pods is null || namespaces is null ? null : PeerRecord.Of(new PeerSelector(null, namespaces, pods));
    }

    private static PortMatch? Port(string field, NetworkPolicyPort port, Reading reading)
    {
        if (reading.Protocol(field, port.Protocol) is not { } protocol)
        {
            return null;
        }

        if (port.Port.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
        {
            if (port.EndPort is null)
            {
                return PortMatch.All(protocol);
            }

            reading.Skip($"{field}: endPort needs a port");
            return null;
        }

        if (port.Port.ValueKind == JsonValueKind.String && port.Port.GetString() is { Length: > 0 } name)
        {
            if (port.EndPort is null)
            {
                return PortMatch.Named(protocol, name);
            }

            reading.Skip($"{field}: endPort needs a port that is a number");
            return null;
        }

        if (port.Port.ValueKind != JsonValueKind.Number || !port.Port.TryGetInt32(out var number))
        {
            reading.Skip($"{field}: the port is neither a number nor a name");
            return null;
        }

        var last = port.EndPort ?? number;
        if (!reading.IsPort(field, number) || !reading.IsPort($"{field}.endPort", last))
        {
            return null;
        }

        if (last >= number)
        {
            return PortMatch.Range(protocol, (ushort)number, (ushort)last);
        }

        reading.Skip($"{field}: endPort {last} is below port {number}");
        return null;
    }
}
