using System.Text.Json.Nodes;
using Podwire.Controllers.Deployments;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests.InProcess;

public class DeploymentTests
{
    [Fact]
    public async Task Deployment_ScaledUpAndDown_HasThatManyReadyPods()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 2);
        await cluster.Client.CreateAsync(KubeResources.Deployments, Fresh("web", 3), Cluster.Cancel);
        await CompleteAsync(cluster, "web", 3);
        Assert.Equal(3, (await cluster.PodsAsync()).Count);

        await ScaleAsync(cluster, "web", 7);
        await CompleteAsync(cluster, "web", 7);
        Assert.Equal(7, (await cluster.PodsAsync()).Count(pod => pod.Metadata.DeletionTimestamp is null));
        Assert.Equal(2, (await cluster.PodsAsync()).Select(pod => pod.Spec.NodeName).Distinct().Count());

        await ScaleAsync(cluster, "web", 1);
        await CompleteAsync(cluster, "web", 1);
        await Cluster.EventuallyAsync(async () => (await cluster.PodsAsync()).Count is var count and not 1 ? $"{count} pods" : null);
    }

    [Fact]
    public async Task Rollout_NewTemplateThenUndo_KeepsRevisionsAndReusesTheReplicaSet()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 2);
        await cluster.Client.CreateAsync(KubeResources.Deployments, Fresh("web", 4), Cluster.Cancel);
        await CompleteAsync(cluster, "web", 4);
        var first = Assert.Single(await cluster.ReplicaSetsAsync());
        Assert.Equal("1", first.Metadata.Annotations[Annotations.Revision]);

        await CommandAsync(cluster, "web", "two");
        await CompleteAsync(cluster, "web", 4);
        var sets = await cluster.ReplicaSetsAsync();
        Assert.Equal(2, sets.Count);
        Assert.Equal(0, sets.Single(set => set.Metadata.Uid == first.Metadata.Uid).Spec.Replicas);
        Assert.Equal("2", sets.Single(set => set.Metadata.Uid != first.Metadata.Uid).Metadata.Annotations[Annotations.Revision]);
        Assert.Equal("2", (await cluster.GetDeploymentAsync("web")).Metadata.Annotations[Annotations.Revision]);

        // What kubectl rollout undo does: the template of the earlier replica set comes back.
        await CommandAsync(cluster, "web", "one");
        await CompleteAsync(cluster, "web", 4);
        sets = await cluster.ReplicaSetsAsync();
        Assert.Equal(2, sets.Count);
        var again = sets.Single(set => set.Metadata.Uid == first.Metadata.Uid);
        Assert.Equal(4, again.Spec.Replicas);
        Assert.Equal("3", again.Metadata.Annotations[Annotations.Revision]);
        Assert.Equal("1", again.Metadata.Annotations[Annotations.RevisionHistory]);
    }

    [Fact]
    public async Task Recreate_NewTemplate_NeverRunsBothAtOnce()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        var deployment = Fresh("web", 3);
        deployment.Spec.Strategy = new() { Type = "Recreate" };
        await cluster.Client.CreateAsync(KubeResources.Deployments, deployment, Cluster.Cancel);
        await CompleteAsync(cluster, "web", 3);

        await CommandAsync(cluster, "web", "two");
        await Cluster.EventuallyAsync(async () =>
        {
            var hashes = (await cluster.PodsAsync()).Select(pod => pod.Metadata.Labels[TemplateHash.Label]).Distinct().Count();
            Assert.True(hashes <= 1, "pods of both templates at once");
            return await ProblemAsync(cluster, "web", 3);
        });
    }

    [Fact]
    public async Task Pause_NewTemplate_WaitsUntilResumed()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(KubeResources.Deployments, Fresh("web", 2), Cluster.Cancel);
        await CompleteAsync(cluster, "web", 2);
        await SpecAsync(cluster, "web", new JsonObject { ["paused"] = true });
        await CommandAsync(cluster, "web", "two");
        await Cluster.EventuallyAsync(async () =>
        {
            var seen = await cluster.GetDeploymentAsync("web");
            return seen.Status.ObservedGeneration == seen.Metadata.Generation && seen.Status.Conditions.Exists(condition => condition.Reason == "DeploymentPaused") ? null : "not seen as paused";
        });
        Assert.Single(await cluster.ReplicaSetsAsync());

        await SpecAsync(cluster, "web", new JsonObject { ["paused"] = false });
        await CompleteAsync(cluster, "web", 2);
        Assert.Equal(2, (await cluster.ReplicaSetsAsync()).Count);
    }

    [Fact]
    public async Task Deployment_PodsNeverReady_ExceedsItsDeadlineAndKeepsTheOldOnes()
    {
        await using var cluster = await Cluster.StartAsync();
        var kubelet = await cluster.AddNodeAsync("node1");
        var deployment = Fresh("web", 4);
        deployment.Spec.ProgressDeadlineSeconds = 2;
        await cluster.Client.CreateAsync(KubeResources.Deployments, deployment, Cluster.Cancel);
        await CompleteAsync(cluster, "web", 4);
        await kubelet.FallSilentAsync();

        await CommandAsync(cluster, "web", "two");
        await Cluster.EventuallyAsync(async () =>
        {
            var seen = await cluster.GetDeploymentAsync("web");
            return seen.Status.Conditions.Exists(condition => condition is { Type: "Progressing", Status: "False", Reason: "ProgressDeadlineExceeded" }) ? null : "deadline not exceeded";
        });
        Assert.True((await cluster.ReplicaSetsAsync()).Sum(set => set.Spec.Replicas) <= 5);
    }

    [Fact]
    public async Task ReplicaSet_WithoutController_IsAdoptedByTheDeploymentThatSelectsIt()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        await cluster.Client.CreateAsync(KubeResources.Deployments, Fresh("web", 2), Cluster.Cancel);
        await CompleteAsync(cluster, "web", 2);
        await cluster.Client.DeleteAsync(KubeResources.Deployments, "default", "web", Cluster.Cancel, new() { PropagationPolicy = "Orphan" });
        await Cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync(KubeResources.Deployments, "default", "web", Cluster.Cancel) is null ? null : "still there");
        Assert.Empty((await cluster.ReplicaSetsAsync()).Single().Metadata.OwnerReferences);
        var before = (await cluster.PodsAsync()).Select(pod => pod.Metadata.Uid).Order().ToList();

        var made = await cluster.Client.CreateAsync(KubeResources.Deployments, Fresh("web", 2), Cluster.Cancel);
        await CompleteAsync(cluster, "web", 2);
        Assert.Equal(made.Metadata.Uid, Assert.Single(await cluster.ReplicaSetsAsync()).Metadata.OwnerReferences.Single().Uid);
        Assert.Equal(before, (await cluster.PodsAsync()).Select(pod => pod.Metadata.Uid).Order());
    }

    internal static Deployment Fresh(string name, int replicas)
    {
        var deployment = Make.Deployment(name, replicas);
        deployment.Metadata.Uid = null;
        deployment.Metadata.Generation = null;
        return deployment;
    }

    internal static Task CompleteAsync(Cluster cluster, string name, int replicas) => Cluster.EventuallyAsync(() => ProblemAsync(cluster, name, replicas));

    private static async Task<string?> ProblemAsync(Cluster cluster, string name, int replicas)
    {
        var seen = await cluster.GetDeploymentAsync(name);
        var status = seen.Status;
        return seen.Spec.Replicas == replicas && status.ObservedGeneration == seen.Metadata.Generation && status.Replicas == replicas && status.UpdatedReplicas == replicas
            && status.AvailableReplicas == replicas && status.Conditions.Exists(condition => condition is { Type: "Progressing", Reason: "NewReplicaSetAvailable" })
            ? null
            : $"{status.Replicas} replicas, {status.UpdatedReplicas} updated, {status.AvailableReplicas} available, generation {status.ObservedGeneration} of {seen.Metadata.Generation}, " +
              string.Join(", ", status.Conditions.Select(condition => $"{condition.Type}={condition.Status} {condition.Reason}"));
    }

    private static Task ScaleAsync(Cluster cluster, string name, int replicas) => SpecAsync(cluster, name, new JsonObject { ["replicas"] = replicas });

    private static Task CommandAsync(Cluster cluster, string name, string command) =>
        SpecAsync(cluster, name, new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "main", ["command"] = new JsonArray("/bin/echo", command) }) },
            },
        });

    private static Task SpecAsync(Cluster cluster, string name, JsonObject spec) =>
        cluster.Client.PatchAsync(KubeResources.Deployments, "default", name, KubePatch.Strategic(new JsonObject { ["spec"] = spec }), Cluster.Cancel);
}
