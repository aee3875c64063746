using Podwire.ApiServer.CustomResources;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.Resources;

/// <summary>The table of built-in resources, in the order of discovery.</summary>
internal static class BuiltInResources
{
    public static IEnumerable<ApiResource> Create() =>
    [
        new() { Kind = "ConfigMap", Plural = "configmaps", Singular = "configmap", ShortNames = ["cm"], SchemaType = "core.ConfigMap", Strategy = new ConfigMapStrategy(), Table = ConfigTables.ConfigMap },
        new() { Kind = "Endpoints", Plural = "endpoints", Singular = "endpoints", ShortNames = ["ep"], SchemaType = "core.Endpoints", Strategy = new PlainStrategy(), Table = ServiceTables.Endpoints },
        new()
        {
            Kind = "Event",
            Plural = "events",
            Singular = "event",
            ShortNames = ["ev"],
            SchemaType = "core.Event",
            SelectableFields = ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
            Strategy = new EventStrategy(),
            Table = ClusterTables.Event,
        },
        new()
        {
            Kind = "Namespace",
            Plural = "namespaces",
            Singular = "namespace",
            ShortNames = ["ns"],
            IsNamespaced = false,
            CanDeleteCollection = false,
            SchemaType = "core.Namespace",
            SelectableFields = ["status.phase"],
            Subresources = [new("finalize", "", "v1", "Namespace", "update"), Status("", "Namespace")],
            Strategy = new NamespaceStrategy(),
            Table = ClusterTables.Namespace,
        },
        new()
        {
            Kind = "Node",
            Plural = "nodes",
            Singular = "node",
            ShortNames = ["no"],
            IsNamespaced = false,
            SchemaType = "core.Node",
            SelectableFields = ["spec.unschedulable"],
            Subresources = [Status("", "Node")],
            Strategy = new NodeStrategy(),
            Table = ClusterTables.Node,
        },
        new()
        {
            Kind = "Pod",
            Plural = "pods",
            Singular = "pod",
            ShortNames = ["po"],
            Categories = ["all"],
            SchemaType = "core.Pod",
            SelectableFields = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
            Subresources =
            [
                new("binding", "", "v1", "Binding", "create"),
                new("eviction", "policy", "v1", "Eviction", "create"),
                new("log", "", "v1", "Pod", "get"),
                Status("", "Pod"),
                new("exec", "", "v1", "PodExecOptions"),
                new("attach", "", "v1", "PodAttachOptions"),
                new("portforward", "", "v1", "PodPortForwardOptions"),
                new("proxy", "", "v1", "PodProxyOptions"),
            ],
            Strategy = new PodStrategy(),
            Table = WorkloadTables.Pod,
        },
        new()
        {
            Kind = "Secret",
            Plural = "secrets",
            Singular = "secret",
            SchemaType = "core.Secret",
            SelectableFields = ["type"],
            Strategy = new SecretStrategy(),
            Table = ConfigTables.Secret,
        },
        new() { Kind = "ServiceAccount", Plural = "serviceaccounts", Singular = "serviceaccount", ShortNames = ["sa"], SchemaType = "core.ServiceAccount", Strategy = new PlainStrategy(), Table = ConfigTables.ServiceAccount },
        new()
        {
            Kind = "Service",
            Plural = "services",
            Singular = "service",
            ShortNames = ["svc"],
            Categories = ["all"],
            SchemaType = "core.Service",
            SelectableFields = ["spec.clusterIP", "spec.type"],
            Subresources = [Status("", "Service")],
            Strategy = new ServiceStrategy(),
            Table = ServiceTables.Service,
        },
        new()
        {
            Group = "apps",
            Kind = "Deployment",
            Plural = "deployments",
            Singular = "deployment",
            ShortNames = ["deploy"],
            Categories = ["all"],
            SchemaType = "apps.Deployment",
            Subresources = [Scale(), Status("apps", "Deployment")],
            Strategy = new DeploymentStrategy(),
            Table = WorkloadTables.Deployment,
        },
        new()
        {
            Group = "apps",
            Kind = "ReplicaSet",
            Plural = "replicasets",
            Singular = "replicaset",
            ShortNames = ["rs"],
            Categories = ["all"],
            SchemaType = "apps.ReplicaSet",
            SelectableFields = ["status.replicas"],
            Subresources = [Scale(), Status("apps", "ReplicaSet")],
            Strategy = new ReplicaSetStrategy(),
            Table = WorkloadTables.ReplicaSet,
        },
        new()
        {
            Group = "coordination.k8s.io",
            Kind = "Lease",
            Plural = "leases",
            Singular = "lease",
            SchemaType = "coordination.Lease",
            Strategy = new LeaseStrategy(),
            Table = ClusterTables.Lease,
        },
        new()
        {
            Group = "discovery.k8s.io",
            Kind = "EndpointSlice",
            Plural = "endpointslices",
            Singular = "endpointslice",
            SchemaType = "discovery.EndpointSlice",
            Strategy = new EndpointSliceStrategy(),
            Table = ServiceTables.EndpointSlice,
        },
        new()
        {
            Group = "networking.k8s.io",
            Kind = "NetworkPolicy",
            Plural = "networkpolicies",
            Singular = "networkpolicy",
            ShortNames = ["netpol"],
            SchemaType = "networking.NetworkPolicy",
            Strategy = new NetworkPolicyStrategy(),
            Table = NetworkingTables.NetworkPolicy,
        },
        DefinitionResource.Create(),
    ];

    private static ApiSubresource Status(string group, string kind) => new("status", group, "v1", kind, "get", "patch", "update");

    private static ApiSubresource Scale() => new("scale", "autoscaling", "v1", "Scale", "get", "patch", "update");
}
