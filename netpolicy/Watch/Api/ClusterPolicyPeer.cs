using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A peer of a <see cref="ClusterPolicyRule"/>, or the subject of a policy; exactly one member is to be set.</summary>
internal sealed class ClusterPolicyPeer
{
    /// <summary>All pods of these namespaces.</summary>
    public LabelSelector? Namespaces { get; set; }

    /// <summary>Some pods of some namespaces.</summary>
    public ClusterPolicyPods? Pods { get; set; }

    /// <summary>Nodes; of what goes out only.</summary>
    public LabelSelector? Nodes { get; set; }

    /// <summary>Addresses; of what goes out only.</summary>
    public List<string>? Networks { get; set; }

    /// <summary>Domain names; of what goes out and in Accept rules only.</summary>
    public List<string>? DomainNames { get; set; }
}
