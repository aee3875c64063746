using Podwire.Kube;
using Podwire.Primitives;

namespace Podwire.NetPolicy.State;

/// <summary>What changed since the last snapshot, each object as it is now; null for what is gone.</summary>
internal sealed class PolicySnapshot
{
    /// <summary>Pods.</summary>
    public Dictionary<ObjectKey, PodRecord?> Pods { get; init; } = [];

    /// <summary>Labels of namespaces.</summary>
    public Dictionary<string, LabelSet?> Namespaces { get; init; } = [];

    /// <summary>Policies of both kinds.</summary>
    public Dictionary<PolicyId, PolicyRecord?> Policies { get; init; } = [];

    /// <summary>Nodes.</summary>
    public Dictionary<string, NodeRecord?> Nodes { get; init; } = [];

    /// <summary>Addresses of domain names.</summary>
    public Dictionary<string, IpAddress[]?> Domains { get; init; } = [];

    /// <summary>The resolvers whose answers are believed; null: as before.</summary>
    public ResolverAddress[]? Resolvers { get; set; }

    /// <summary>True if it names everything there is, as after the first start.</summary>
    public bool IsEverything { get; init; }

    /// <summary>How many objects it names.</summary>
    public int Count => Pods.Count + Namespaces.Count + Policies.Count + Nodes.Count + Domains.Count;
}
