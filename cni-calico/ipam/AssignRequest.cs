using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam;

/// <summary>What is asked for.</summary>
public sealed record AssignRequest
{
    /// <summary>By what the addresses are given back; asking again with the same one gives the same addresses.</summary>
    public required string Handle { get; init; }

    /// <summary>What is kept beside the addresses: node, namespace, pod, timestamp.</summary>
    public required Dictionary<string, string> Attributes { get; init; }

    /// <summary>An IPv4 address is wanted.</summary>
    public bool V4 { get; init; } = true;

    /// <summary>An IPv6 address is wanted.</summary>
    public bool V6 { get; init; }

    /// <summary>Names or networks of IPv4 pools; empty for those that are for this node and namespace.</summary>
    public IReadOnlyList<string> PoolsV4 { get; init; } = [];

    /// <summary>As <see cref="PoolsV4"/>.</summary>
    public IReadOnlyList<string> PoolsV6 { get; init; } = [];

    /// <summary>The labels of the pod's namespace.</summary>
    public IReadOnlyDictionary<string, string> NamespaceLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Certain addresses, instead of any.</summary>
    public IReadOnlyList<IpAddress> Addresses { get; init; } = [];
}
