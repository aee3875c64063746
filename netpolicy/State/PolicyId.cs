namespace Podwire.NetPolicy.State;

/// <summary>Names a policy.</summary>
/// <param name="Namespace">The namespace of a NetworkPolicy; empty for a ClusterNetworkPolicy.</param>
/// <param name="Name">The name.</param>
internal readonly record struct PolicyId(string Namespace, string Name) : IComparable<PolicyId>
{
    /// <summary>True for a ClusterNetworkPolicy.</summary>
    public bool IsCluster => Namespace.Length == 0;

    /// <inheritdoc/>
    public int CompareTo(PolicyId other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary><c>namespace/name</c>, or the name of a ClusterNetworkPolicy.</summary>
    public override string ToString() => IsCluster ? Name : $"{Namespace}/{Name}";
}
