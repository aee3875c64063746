using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Podwire.Kube;
using Podwire.Kube.Json;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>Resources in the form in which the enforcer reads them.</summary>
internal static class PolicyResources
{
    /// <summary>The path that tells whether ClusterNetworkPolicies are served.</summary>
    public const string ClusterPolicyGroup = "apis/policy.networking.k8s.io/v1alpha2";

    private static readonly JsonSerializerOptions Options = KubeJson.With(PolicyJsonContext.Default);

    /// <summary>v1 pods.</summary>
    public static KubeResource<PodObject> Pods { get; } = new("", "v1", "Pod", "pods", true, Options);

    /// <summary>v1 namespaces.</summary>
    public static KubeResource<NamespaceObject> Namespaces { get; } = new("", "v1", "Namespace", "namespaces", false, Options);

    /// <summary>v1 nodes.</summary>
    public static KubeResource<NodeObject> Nodes { get; } = new("", "v1", "Node", "nodes", false, Options);

    /// <summary>networking.k8s.io/v1 network policies.</summary>
    public static KubeResource<PolicyObject> NetworkPolicies { get; } = new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true, Options);

    /// <summary>policy.networking.k8s.io/v1alpha2 cluster network policies.</summary>
    public static KubeResource<PolicyObject> ClusterNetworkPolicies { get; } =
        new("policy.networking.k8s.io", "v1alpha2", "ClusterNetworkPolicy", "clusternetworkpolicies", false, Options);

    /// <summary>How specs are read.</summary>
    public static JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));
}
