using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>NamespacedPod: some pods of some namespaces.</summary>
internal sealed class ClusterPolicyPods
{
    /// <summary>Namespaces; all unless given.</summary>
    public LabelSelector? NamespaceSelector { get; set; }

    /// <summary>Pods.</summary>
    public LabelSelector? PodSelector { get; set; }
}
