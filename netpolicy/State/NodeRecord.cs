using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>A node, as far as policies look at it: a peer of ClusterNetworkPolicies.</summary>
internal sealed record NodeRecord
{
    /// <summary>The name.</summary>
    public required string Name { get; init; }

    /// <summary>Its labels.</summary>
    public LabelSet Labels { get; init; } = LabelSet.None;

    /// <summary>All of status.addresses that are IP addresses.</summary>
    public IpAddress[] Addresses { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(NodeRecord? other) => other is not null && Name == other.Name && Labels.Equals(other.Labels) && Addresses.AsSpan().SequenceEqual(other.Addresses);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode();
}
