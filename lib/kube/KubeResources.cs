using Podwire.Kube.Objects;

namespace Podwire.Kube;

/// <summary>The resources that Podwire works with.</summary>
public static class KubeResources
{
    /// <summary>core/v1 pods.</summary>
    public static KubeResource<Pod> Pods { get; } = new("", "v1", "Pod", "pods", true);

    /// <summary>core/v1 nodes.</summary>
    public static KubeResource<Node> Nodes { get; } = new("", "v1", "Node", "nodes", false);

    /// <summary>core/v1 namespaces.</summary>
    public static KubeResource<Namespace> Namespaces { get; } = new("", "v1", "Namespace", "namespaces", false);

    /// <summary>core/v1 services.</summary>
    public static KubeResource<Service> Services { get; } = new("", "v1", "Service", "services", true);

    /// <summary>discovery.k8s.io/v1 endpoint slices.</summary>
    public static KubeResource<EndpointSlice> EndpointSlices { get; } = new("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true);

    /// <summary>core/v1 endpoints.</summary>
    public static KubeResource<Endpoints> Endpoints { get; } = new("", "v1", "Endpoints", "endpoints", true);

    /// <summary>core/v1 config maps.</summary>
    public static KubeResource<ConfigMap> ConfigMaps { get; } = new("", "v1", "ConfigMap", "configmaps", true);

    /// <summary>core/v1 secrets.</summary>
    public static KubeResource<Secret> Secrets { get; } = new("", "v1", "Secret", "secrets", true);

    /// <summary>core/v1 service accounts.</summary>
    public static KubeResource<ServiceAccount> ServiceAccounts { get; } = new("", "v1", "ServiceAccount", "serviceaccounts", true);

    /// <summary>core/v1 events.</summary>
    public static KubeResource<Event> Events { get; } = new("", "v1", "Event", "events", true);

    /// <summary>coordination.k8s.io/v1 leases.</summary>
    public static KubeResource<Lease> Leases { get; } = new("coordination.k8s.io", "v1", "Lease", "leases", true);

    /// <summary>apps/v1 deployments.</summary>
    public static KubeResource<Deployment> Deployments { get; } = new("apps", "v1", "Deployment", "deployments", true);

    /// <summary>apps/v1 replica sets.</summary>
    public static KubeResource<ReplicaSet> ReplicaSets { get; } = new("apps", "v1", "ReplicaSet", "replicasets", true);

    /// <summary>Any resource, with only its metadata typed.</summary>
    public static KubeResource<RawObject> Raw(string group, string version, string kind, string plural, bool namespaced) =>
        new(group, version, kind, plural, namespaced);
}
