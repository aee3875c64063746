using Podwire.Controllers.NodeLifecycle;
using Podwire.Controllers.PodGc;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class NodeLifecycleTests
{
    private static readonly NodeLifecycleOptions Options = new();

    [Fact]
    public void Node_HeardOf_ByLeaseOrStatus_StaysKnown()
    {
        var (node, lease) = (Make.Node("n1"), new Lease { Spec = { RenewTime = Make.Now } });
        var health = NodeHealth.Look(null, node, lease, Make.Now);
        Assert.Same(health, NodeHealth.Look(health, node, lease, Make.Now.AddSeconds(30)));
        lease.Spec.RenewTime = Make.Now.AddYears(-5);
        var renewed = NodeHealth.Look(health, node, lease, Make.Now.AddSeconds(40));
        Assert.Equal(Make.Now.AddSeconds(40), renewed.HeardAt);
        node.Status.Conditions[0].LastHeartbeatTime = Make.Now.AddSeconds(41);
        Assert.Equal(Make.Now.AddSeconds(60), NodeHealth.Look(renewed, node, lease, Make.Now.AddSeconds(60)).HeardAt);
    }

    [Fact]
    public void Node_SilentForTooLong_BecomesUnknownAndUnreachable()
    {
        var node = Make.Node("n1");
        var health = new NodeHealth(Make.Now, null, null);
        Assert.Empty(NodeVerdict.Compile(node, health, Options, Make.Now.AddSeconds(50)).Conditions);
        var verdict = NodeVerdict.Compile(node, health, Options, Make.Now.AddSeconds(51));
        Assert.Equal(["DiskPressure NodeStatusNeverUpdated", "MemoryPressure NodeStatusNeverUpdated", "PIDPressure NodeStatusNeverUpdated", "Ready NodeStatusUnknown"],
            verdict.Conditions.Select(condition => $"{condition.Type} {condition.Reason}").Order(StringComparer.Ordinal));
        Assert.All(verdict.Conditions, condition => Assert.Equal("Unknown", condition.Status));
        Assert.Equal("node.kubernetes.io/unreachable:NoSchedule", Assert.Single(verdict.Taints.Select(taint => $"{taint.Key}:{taint.Effect}")));
        Assert.Equal("node.kubernetes.io/unreachable", verdict.Evicting?.Key);
    }

    [Fact]
    public void NewNode_WithoutStatus_HasTheLongerGrace()
    {
        var node = Make.Node("n1");
        node.Status.Conditions.Clear();
        var health = new NodeHealth(Make.Now, null, null);
        Assert.Empty(NodeVerdict.Compile(node, health, Options, Make.Now.AddSeconds(55)).Conditions);
        var waiting = NodeVerdict.Compile(node, health, Options, Make.Now.AddSeconds(55));
        Assert.Equal(("node.kubernetes.io/not-ready", "NoSchedule"), (Assert.Single(waiting.Taints).Key, waiting.Taints[0].Effect));
        Assert.Null(waiting.Evicting);
        Assert.False(waiting.IsReady);
        var given = NodeVerdict.Compile(node, health, Options, Make.Now.AddSeconds(61));
        Assert.Equal(4, given.Conditions.Count);
        Assert.Equal("node.kubernetes.io/unreachable", given.Evicting?.Key);
    }

    [Fact]
    public void Taints_FollowConditionsAndLeaveOthersAlone()
    {
        var node = Make.Node("n1", ready: false);
        node.Status.Conditions.Add(new() { Type = "DiskPressure", Status = "True" });
        node.Spec.Unschedulable = true;
        node.Spec.Taints.Add(new() { Key = "own", Value = "x", Effect = "NoSchedule" });
        node.Spec.Taints.Add(new() { Key = "node.kubernetes.io/memory-pressure", Effect = "NoSchedule" });
        var verdict = NodeVerdict.Compile(node, new(Make.Now, null, null), Options, Make.Now);
        Assert.Equal(["node.kubernetes.io/disk-pressure", "node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable", "own"], verdict.Taints.Select(taint => taint.Key).Order());
        Assert.Equal("node.kubernetes.io/not-ready", verdict.Evicting?.Key);

        var well = Make.Node("n1");
        well.Spec.Taints.AddRange(verdict.Taints);
        well.Spec.Taints.Add(verdict.Evicting!);
        Assert.Equal("own", Assert.Single(NodeVerdict.Compile(well, new(Make.Now, null, null), Options, Make.Now).Taints).Key);
    }

    public static TheoryData<string, Toleration[], int?> Tolerations => new()
    {
        { "node.kubernetes.io/unreachable", [], 300 },
        { "node.kubernetes.io/not-ready", [], 300 },
        { "example.com/gone", [], 0 },
        { "example.com/gone", [new() { Operator = "Exists" }], null },
        { "node.kubernetes.io/unreachable", [new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", Effect = "NoExecute", TolerationSeconds = 7 }], 7 },
        { "node.kubernetes.io/unreachable", [new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", TolerationSeconds = 7 }, new() { Operator = "Exists" }], 7 },
        { "node.kubernetes.io/unreachable", [new() { Key = "node.kubernetes.io/unreachable", Operator = "Exists", TolerationSeconds = -7 }], 0 },
    };

    [Theory]
    [MemberData(nameof(Tolerations))]
    public void Eviction_Comes_WhenTheTolerationHasRunOut(string taint, Toleration[] tolerations, int? seconds)
    {
        var pod = Make.Pod("p", node: "n1");
        pod.Spec.Tolerations.AddRange(tolerations);
        var due = EvictionTimes.Of(pod, [new() { Key = taint, Effect = "NoExecute", TimeAdded = Make.Now }, new() { Key = "x", Effect = "NoSchedule" }], _ => Make.Now.AddYears(1), TimeSpan.FromSeconds(300));
        Assert.Equal(seconds is { } some ? Make.Now.AddSeconds(some) : null, due);
    }

    [Fact]
    public void Evictions_AreLetThrough_OneAtATime()
    {
        var time = new ManualTime();
        var bucket = new TokenBucket(0.1, time);
        Assert.True(bucket.TryTake());
        Assert.False(bucket.TryTake());
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(bucket.TryTake());
        Assert.False(new TokenBucket(0, time).TryTake());
    }

    [Fact]
    public void PodGc_FindsPodsThatNobodyElseEnds()
    {
        var outOfService = Make.Node("out", ready: false);
        outOfService.Spec.Taints.Add(new() { Key = "node.kubernetes.io/out-of-service", Effect = "NoExecute" });
        var ended = Enumerable.Range(0, 3).Select(i =>
        {
            var pod = Make.Pod($"ended{i}", node: "n1");
            pod.Status.Phase = "Succeeded";
            pod.Metadata.CreationTimestamp = Make.Now.AddMinutes(-i);
            return pod;
        });
        Pod[] pods =
        [
            Make.Pod("fine", node: "n1"), Make.Pod("stopping", node: "n1").Terminating(), Make.Pod("orphan", node: "gone"), Make.Pod("waiting", node: "just-gone"),
            Make.Pod("never").Terminating(), Make.Pod("pending"), Make.Pod("stuck", node: "out").Terminating(), Make.Pod("running", node: "out"), .. ended,
        ];
        var nodes = new[] { Make.Node("n1"), outOfService }.ToDictionary(node => node.Metadata.Name);
        var plan = PodGcPlan.Compile(pods, nodes, name => name == "gone", endedThreshold: 2);
        Assert.Equal(("orphan", "never", "stuck", "ended2"),
            (Assert.Single(plan.Orphaned).Metadata.Name, Assert.Single(plan.Unscheduled).Metadata.Name, Assert.Single(plan.OutOfService).Metadata.Name, Assert.Single(plan.Ended).Metadata.Name));
        Assert.Empty(PodGcPlan.Compile(pods, nodes, _ => false, endedThreshold: 0).Ended);
    }
}
