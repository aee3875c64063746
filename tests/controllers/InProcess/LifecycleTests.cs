using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests.InProcess;

public class LifecycleTests
{
    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    public async Task Deployment_Deleted_TakesReplicaSetsAndPodsWithIt(string policy)
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(KubeResources.Deployments, DeploymentTests.Fresh("web", 3), Cluster.Cancel);
        await DeploymentTests.CompleteAsync(cluster, "web", 3);
        await cluster.Client.DeleteAsync(KubeResources.Deployments, "default", "web", Cluster.Cancel, new() { PropagationPolicy = policy });
        await Cluster.EventuallyAsync(async () =>
        {
            var (deployment, sets, pods) = (await cluster.Client.TryGetAsync(KubeResources.Deployments, "default", "web", Cluster.Cancel), await cluster.ReplicaSetsAsync(), await cluster.PodsAsync());
            if (policy == "Foreground" && deployment is null)
            {
                Assert.Empty(sets);
            }

            return deployment is null && sets.Count == 0 && pods.Count == 0 ? null : $"deployment {deployment is not null}, {sets.Count} sets, {pods.Count} pods";
        });
    }

    [Fact]
    public async Task ReplicaSet_DeletedAsOrphaning_LeavesItsPods()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(KubeResources.Deployments, DeploymentTests.Fresh("web", 2), Cluster.Cancel);
        await DeploymentTests.CompleteAsync(cluster, "web", 2);
        await cluster.Client.DeleteAsync(KubeResources.Deployments, "default", "web", Cluster.Cancel, new() { PropagationPolicy = "Orphan" });
        await Cluster.EventuallyAsync(async () => (await cluster.ReplicaSetsAsync()).Single().Metadata.OwnerReferences.Count == 0 ? null : "still owned");
        var set = (await cluster.ReplicaSetsAsync()).Single();
        await cluster.Client.DeleteAsync(KubeResources.ReplicaSets, "default", set.Metadata.Name, Cluster.Cancel, new() { PropagationPolicy = "Orphan" });
        await Cluster.EventuallyAsync(async () => (await cluster.ReplicaSetsAsync()).Count == 0 ? null : "still there");
        var pods = await cluster.PodsAsync();
        Assert.Equal(2, pods.Count);
        Assert.All(pods, pod => Assert.Empty(pod.Metadata.OwnerReferences));
    }

    [Fact]
    public async Task Owner_NeverExisted_DependantIsCollectedAndOneWithALivingOwnerStays()
    {
        await using var cluster = await Cluster.StartAsync();
        var owner = await cluster.Client.CreateAsync(KubeResources.ConfigMaps, new ConfigMap { Metadata = { Name = "owner", Namespace = "default" } }, Cluster.Cancel);
        OwnerReference alive = new() { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = owner.Metadata.Uid! };
        OwnerReference absent = new() { ApiVersion = "v1", Kind = "ConfigMap", Name = "owner", Uid = "00000000-0000-0000-0000-000000000001" };
        await cluster.Client.CreateAsync(KubeResources.ConfigMaps, new ConfigMap { Metadata = { Name = "both", Namespace = "default", OwnerReferences = [alive, absent] } }, Cluster.Cancel);
        await cluster.Client.CreateAsync(KubeResources.ConfigMaps, new ConfigMap { Metadata = { Name = "none", Namespace = "default", OwnerReferences = [absent] } }, Cluster.Cancel);
        await Cluster.EventuallyAsync(async () =>
        {
            var both = await cluster.Client.GetAsync(KubeResources.ConfigMaps, "default", "both", Cluster.Cancel);
            var none = await cluster.Client.TryGetAsync(KubeResources.ConfigMaps, "default", "none", Cluster.Cancel);
            return none is null && both.Metadata.OwnerReferences.Count == 1 ? null : $"none: {none is not null}, both has {both.Metadata.OwnerReferences.Count} owners";
        });
        Assert.Equal(alive.Uid, (await cluster.Client.GetAsync(KubeResources.ConfigMaps, "default", "both", Cluster.Cancel)).Metadata.OwnerReferences.Single().Uid);
    }

    [Fact]
    public async Task Namespace_Deleted_GoesWithAllThatIsInIt()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(KubeResources.Namespaces, new Namespace { Metadata = { Name = "shop" } }, Cluster.Cancel);
        await Cluster.EventuallyAsync(async () =>
            await cluster.Client.TryGetAsync(KubeResources.ServiceAccounts, "shop", "default", Cluster.Cancel) is not null
            && await cluster.Client.TryGetAsync(KubeResources.ConfigMaps, "shop", "kube-root-ca.crt", Cluster.Cancel) is { } map && map.Data["ca.crt"] == Cluster.Quick.RootCa
                ? null : "no service account or root CA");
        var deployment = DeploymentTests.Fresh("web", 2);
        deployment.Metadata.Namespace = "shop";
        await cluster.Client.CreateAsync(KubeResources.Deployments, deployment, Cluster.Cancel);
        await cluster.Client.CreateAsync(KubeResources.ConfigMaps, new ConfigMap { Metadata = { Name = "held", Namespace = "shop", Finalizers = ["example.com/hold"] } }, Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => (await cluster.PodsAsync("shop")).Count(pod => pod.Status.Phase == "Running") == 2 ? null : "pods do not run");

        await cluster.Client.DeleteAsync(KubeResources.Namespaces, null, "shop", Cluster.Cancel);
        await Cluster.EventuallyAsync(async () =>
        {
            var space = await cluster.Client.GetAsync(KubeResources.Namespaces, null, "shop", Cluster.Cancel);
            return space.Status!.Conditions.Exists(condition => condition is { Type: "NamespaceFinalizersRemaining", Status: "True" } && condition.Message!.Contains("example.com/hold in 1 resource instances"))
                && (await cluster.PodsAsync("shop")).Count == 0 ? null : "finalizer not told, or pods left";
        });

        await cluster.Client.PatchAsync(KubeResources.ConfigMaps, "shop", "held", KubePatch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = null } }), Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync(KubeResources.Namespaces, null, "shop", Cluster.Cancel) is null ? null : "still there");
        Assert.Null(await cluster.Client.TryGetAsync(KubeResources.ConfigMaps, "shop", "held", Cluster.Cancel));
    }

    [Fact]
    public async Task Node_FallsSilent_IsTaintedItsPodsLeaveTheServicesAndAreReplaced()
    {
        await using var cluster = await Cluster.StartAsync(options: Cluster.Impatient);
        var dying = await cluster.AddNodeAsync("node1");
        await cluster.AddNodeAsync("node2");
        var deployment = DeploymentTests.Fresh("web", 2);
        deployment.Spec.Template.Spec.Tolerations =
            [new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 2 }];
        await cluster.Client.CreateAsync(KubeResources.Deployments, deployment, Cluster.Cancel);
        await DeploymentTests.CompleteAsync(cluster, "web", 2);
        Assert.Contains(await cluster.PodsAsync(), pod => pod.Spec.NodeName == "node1");

        await dying.FallSilentAsync();
        await Cluster.EventuallyAsync(async () =>
        {
            var node = await cluster.Client.GetAsync(KubeResources.Nodes, null, "node1", Cluster.Cancel);
            return node.Status.Conditions.Exists(condition => condition is { Type: "Ready", Status: "Unknown", Reason: "NodeStatusUnknown" })
                && node.Spec.Taints.Exists(taint => taint is { Key: "node.kubernetes.io/unreachable", Effect: "NoExecute", TimeAdded: not null })
                && node.Spec.Taints.Exists(taint => taint is { Key: "node.kubernetes.io/unreachable", Effect: "NoSchedule" }) ? null : "not tainted";
        });
        await Cluster.EventuallyAsync(async () =>
        {
            var pods = await cluster.PodsAsync();
            var there = pods.Where(pod => pod.Spec.NodeName == "node1").ToList();
            var ready = pods.Count(pod => pod.Spec.NodeName == "node2" && pod.Status.Conditions.Exists(condition => condition is { Type: "Ready", Status: "True" }));
            return ready == 2 && there.TrueForAll(pod => pod.Metadata.DeletionTimestamp is not null && pod.Status.Conditions.Exists(condition => condition is { Type: "DisruptionTarget", Status: "True" }))
                ? null : $"{ready} pods on node2, {there.Count} on node1";
        });

        // The node never comes back: an operator deletes it, and the pods that hung there go.
        await cluster.Client.DeleteAsync(KubeResources.Nodes, null, "node1", Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => (await cluster.PodsAsync()).Exists(pod => pod.Spec.NodeName == "node1") ? "pods of the deleted node are left" : null);
        Assert.Equal(2, (await cluster.PodsAsync()).Count);
    }

    [Fact]
    public async Task OnlyNode_FallsSilent_NothingIsEvicted()
    {
        await using var cluster = await Cluster.StartAsync(options: Cluster.Impatient);
        var dying = await cluster.AddNodeAsync("node1");
        await dying.FallSilentAsync();
        await Cluster.EventuallyAsync(async () =>
        {
            var node = await cluster.Client.GetAsync(KubeResources.Nodes, null, "node1", Cluster.Cancel);
            return node.Spec.Taints.Exists(taint => taint is { Key: "node.kubernetes.io/unreachable", Effect: "NoSchedule" }) ? null : "not tainted";
        });
        var seen = await cluster.Client.GetAsync(KubeResources.Nodes, null, "node1", Cluster.Cancel);
        Assert.DoesNotContain(seen.Spec.Taints, taint => taint.Effect == "NoExecute");
    }

    [Fact]
    public async Task Service_WithPods_HasSlicesAndEndpointsThatFollow()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 2);
        var service = Make.Service("web", ("http", 80, "web"));
        service.Metadata.Uid = service.Metadata.ResourceVersion = null;
        service.Spec.ClusterIP = null;
        await cluster.Client.CreateAsync(KubeResources.Services, service, Cluster.Cancel);
        var deployment = DeploymentTests.Fresh("web", 3);
        deployment.Spec.Template.Spec.Containers[0].Ports = [new() { Name = "web", ContainerPortNumber = 8080, Protocol = "TCP" }];
        await cluster.Client.CreateAsync(KubeResources.Deployments, deployment, Cluster.Cancel);
        await DeploymentTests.CompleteAsync(cluster, "web", 3);
        await Cluster.EventuallyAsync(async () =>
        {
            var slices = (await cluster.Client.ListAsync(KubeResources.EndpointSlices, "default", new ListOptions { LabelSelector = "kubernetes.io/service-name=web" }, Cluster.Cancel)).Items;
            var endpoints = await cluster.Client.TryGetAsync(KubeResources.Endpoints, "default", "web", Cluster.Cancel);
            var pods = (await cluster.PodsAsync()).Select(pod => pod.Status.PodIP).Order().ToList();
            return slices.Count == 1 && slices[0].Endpoints.Select(endpoint => endpoint.Addresses[0]).Order().SequenceEqual(pods)
                && slices[0].Endpoints.TrueForAll(endpoint => endpoint.Conditions!.Ready == true && endpoint.Zone == "zone-" + endpoint.NodeName![^1])
                && slices[0].Ports is [{ Name: "http", Port: 8080, Protocol: "TCP" }]
                && endpoints?.Subsets is [{ Addresses.Count: 3 }] ? null : $"{slices.Count} slices with {slices.Sum(slice => slice.Endpoints.Count)} endpoints";
        });

        await cluster.Client.DeleteAsync(KubeResources.Services, "default", "web", Cluster.Cancel);
        await Cluster.EventuallyAsync(async () =>
        {
            var slices = (await cluster.Client.ListAsync(KubeResources.EndpointSlices, "default", new ListOptions { LabelSelector = "kubernetes.io/service-name=web" }, Cluster.Cancel)).Items;
            return slices.Count == 0 && await cluster.Client.TryGetAsync(KubeResources.Endpoints, "default", "web", Cluster.Cancel) is null ? null : "slices or endpoints are left";
        });
    }
}
