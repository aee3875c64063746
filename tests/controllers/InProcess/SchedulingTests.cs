using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests.InProcess;

public class SchedulingTests
{
    [Fact]
    public async Task Burst_OfMorePodsThanFit_NeverOvercommitsAndSaysWhy()
    {
        await using var cluster = await Cluster.StartAsync();
        await cluster.AddNodeAsync("node1", cpu: "2");
        await cluster.AddNodeAsync("node2", cpu: "3");
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => cluster.Client.CreateAsync(KubeResources.Pods, Fresh($"p{i:000}", cpu: "100m"), Cluster.Cancel)));
        await Cluster.EventuallyAsync(async () =>
        {
            var pods = await cluster.PodsAsync();
            var left = pods.Count(pod => pod.Spec.NodeName is null && Unschedulable(pod) is null);
            return pods.Count(pod => pod.Spec.NodeName is not null) == 50 && left == 0 ? null : $"{left} pods without an answer";
        });
        var placed = await cluster.PodsAsync();
        Assert.Equal(20, placed.Count(pod => pod.Spec.NodeName == "node1"));
        Assert.Equal(30, placed.Count(pod => pod.Spec.NodeName == "node2"));
        var waiting = placed.First(pod => pod.Spec.NodeName is null);
        Assert.Equal("0/2 nodes are available: 2 Insufficient cpu.", Unschedulable(waiting)?.Message);
        await Cluster.EventuallyAsync(async () =>
        {
            var events = await cluster.Client.ListAsync(KubeResources.Events, "default", new ListOptions { FieldSelector = $"involvedObject.name={waiting.Metadata.Name}" }, Cluster.Cancel);
            return events.Items.Exists(item => item is { Reason: "FailedScheduling", Type: "Warning" }) ? null : "no event";
        });

        await cluster.AddNodeAsync("node3", cpu: "8");
        await Cluster.EventuallyAsync(async () => (await cluster.PodsAsync()).Count(pod => pod.Spec.NodeName is null) is > 0 and var count ? $"{count} pods still wait" : null);
        Assert.Equal(50, (await cluster.PodsAsync()).Count(pod => pod.Spec.NodeName == "node3"));
    }

    [Fact]
    public async Task Pod_OfAnotherScheduler_IsLeftAlone()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 1);
        var other = Fresh("other");
        other.Spec.SchedulerName = "another";
        await cluster.Client.CreateAsync(KubeResources.Pods, other, Cluster.Cancel);
        await cluster.Client.CreateAsync(KubeResources.Pods, Fresh("ours"), Cluster.Cancel);
        await Cluster.EventuallyAsync(async () => (await cluster.PodsAsync()).Single(pod => pod.Metadata.Name == "ours").Spec.NodeName is null ? "not placed" : null);
        Assert.Null((await cluster.PodsAsync()).Single(pod => pod.Metadata.Name == "other").Spec.NodeName);
    }

    [Fact]
    public async Task NodeNetworks_AcrossARestart_StayAndNeverRepeat()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 3);
        var before = await NetworksAsync(cluster, 3);
        await cluster.StopControllersAsync();
        await cluster.AddNodeAsync("node4");
        await cluster.StartControllersAsync();
        await cluster.AddNodeAsync("node5");
        var after = await NetworksAsync(cluster, 5);
        Assert.Equal(5, after.Values.Distinct().Count());
        Assert.All(before, pair => Assert.Equal(pair.Value, after[pair.Key]));
        Assert.All(after.Values, network => Assert.Matches(@"^10\.244\.\d+\.0/24$", network));
    }

    [Fact]
    public async Task NodeNetworks_NoneLeft_IsTold()
    {
        await using var cluster = await Cluster.StartAsync(nodes: 2, Cluster.Quick with { ClusterNetworks = [(Podwire.Primitives.IpPrefix.Parse("10.244.0.0/24"), 24)] });
        await Cluster.EventuallyAsync(async () =>
            (await cluster.Client.ListAsync(KubeResources.Events, "default", null, Cluster.Cancel)).Items.Exists(item => item.Reason == "CIDRNotAvailable") ? null : "no event");
        Assert.Single((await NetworksAsync(cluster, 1)).Values, network => network == "10.244.0.0/24");
    }

    internal static Pod Fresh(string name, string? cpu = null)
    {
        var pod = Make.Pod(name, cpu: cpu);
        pod.Metadata.Uid = pod.Metadata.ResourceVersion = null;
        pod.Metadata.CreationTimestamp = null;
        return pod;
    }

    private static Condition? Unschedulable(Pod pod) => pod.Status.Conditions.Find(condition => condition is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" });

    private static async Task<Dictionary<string, string>> NetworksAsync(Cluster cluster, int count)
    {
        Dictionary<string, string> networks = [];
        await Cluster.EventuallyAsync(async () =>
        {
            var nodes = await cluster.Client.ListAsync(KubeResources.Nodes, null, null, Cluster.Cancel);
            networks = nodes.Items.Where(node => node.Spec.PodCIDR is not null).ToDictionary(node => node.Metadata.Name, node => node.Spec.PodCIDR!);
            return networks.Count == count ? null : $"{networks.Count} nodes have a network";
        });
        return networks;
    }
}
