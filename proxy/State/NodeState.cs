using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>What the rules depend on of the node that the proxy runs on.</summary>
internal sealed record NodeState
{
    /// <summary>The node's name, as endpoints name it in nodeName.</summary>
    public required string Name { get; init; }

    /// <summary>Label topology.kubernetes.io/zone, or null.</summary>
    public string? Zone { get; init; }

    /// <summary>status.addresses of type InternalIP (else ExternalIP), the primary one of a family first.</summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];

    /// <summary>spec.podCIDRs.</summary>
    public IReadOnlyList<IpPrefix> PodCidrs { get; init; } = [];

    /// <summary>The cluster's ranges of Service addresses (ServiceCIDR objects), the same on every node; empty where they are not known.</summary>
    public IReadOnlyList<IpPrefix> ServiceCidrs { get; init; } = [];

    /// <summary>False while the node is being deleted or is tainted so by an autoscaler: /healthz then fails, so that load balancers drain it.</summary>
    public bool IsEligible { get; init; } = true;

    /// <inheritdoc/>
    public bool Equals(NodeState? other) => other is not null && Name == other.Name && Zone == other.Zone && IsEligible == other.IsEligible
        && Addresses.SequenceEqual(other.Addresses) && PodCidrs.SequenceEqual(other.PodCidrs) && ServiceCidrs.SequenceEqual(other.ServiceCidrs);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Zone, IsEligible, Addresses.Count, PodCidrs.Count);
}
