namespace Podwire.NetPolicy.State;

/// <summary>A policy of either kind, read and completed with its defaults.</summary>
internal sealed record PolicyRecord
{
    /// <summary>Its name.</summary>
    public required PolicyId Id { get; init; }

    /// <summary>The identity over time.</summary>
    public string Uid { get; init; } = string.Empty;

    /// <summary>The version it was read at.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Its tier.</summary>
    public PolicyTier Tier { get; init; } = PolicyTier.Namespaced;

    /// <summary>The order among ClusterNetworkPolicies of a tier, lower first.</summary>
    public int Priority { get; init; }

    /// <summary>The pods it is about.</summary>
    public required PeerSelector Subject { get; init; }

    /// <summary>True if it has something to say about what comes in: a NetworkPolicy then isolates.</summary>
    public bool HasIngress { get; init; }

    /// <summary>The same of what goes out.</summary>
    public bool HasEgress { get; init; }

    /// <summary>Rules of what comes in.</summary>
    public RuleRecord[] Ingress { get; init; } = [];

    /// <summary>Rules of what goes out.</summary>
    public RuleRecord[] Egress { get; init; } = [];

    /// <summary>What could not be used of it; all of it fails closed.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>True if it has something to say in that direction.</summary>
    public bool Applies(bool ingress) => ingress ? HasIngress : HasEgress;

    /// <summary>The rules of a direction.</summary>
    public RuleRecord[] Rules(bool ingress) => ingress ? Ingress : Egress;
}
