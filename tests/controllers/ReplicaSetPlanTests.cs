using Podwire.Controllers.ReplicaSets;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class ReplicaSetPlanTests
{
    [Fact]
    public void Pods_MissingOrSurplus_AreCountedWithoutEndedAndTerminatingOnes()
    {
        var ended = Make.Pod("ended");
        ended.Status.Phase = "Failed";
        Pod[] pods = [Make.Pod("a", node: "n1").Ready("10.0.0.1"), Make.Pod("b").Terminating(), ended];
        var plan = ReplicaSetPlan.Compile(Set(3), pods, pods, Make.Now);
        Assert.Equal(2, plan.Create);
        Assert.Equal((1, 1, 1), (plan.Status.Replicas, plan.Status.ReadyReplicas, plan.Status.AvailableReplicas));
        Assert.Equal("a", Assert.Single(ReplicaSetPlan.Compile(Set(0), pods, pods, Make.Now).Delete).Metadata.Name);
    }

    [Fact]
    public void DeletedReplicaSet_NeitherMakesNorDeletes()
    {
        var set = Set(3);
        set.Metadata.DeletionTimestamp = Make.Now;
        var plan = ReplicaSetPlan.Compile(set, [], [], Make.Now);
        Assert.Equal(0, plan.Create);
    }

    [Fact]
    public void MinReadySeconds_DelayAvailability()
    {
        var set = Set(2);
        set.Spec.MinReadySeconds = 30;
        Pod[] pods = [Make.Pod("a").Ready("10.0.0.1", Make.Now.AddSeconds(-40)), Make.Pod("b").Ready("10.0.0.2", Make.Now.AddSeconds(-10))];
        var plan = ReplicaSetPlan.Compile(set, pods, pods, Make.Now);
        Assert.Equal((2, 1), (plan.Status.ReadyReplicas, plan.Status.AvailableReplicas));
        Assert.Equal(TimeSpan.FromSeconds(20), plan.Recheck);
        Assert.Null(ReplicaSetPlan.Compile(set, pods, pods, Make.Now.AddSeconds(20)).Recheck);
    }

    [Fact]
    public void Deletion_TakesThoseFirst_WhoAreMissedLeast()
    {
        var cheap = Make.Pod("cheap", node: "n1").Ready("10.0.0.3", Make.Now.AddHours(-9));
        cheap.Metadata.Annotations["controller.kubernetes.io/pod-deletion-cost"] = "-5";
        var restarted = Make.Pod("restarted", node: "n2").Ready("10.0.0.4", Make.Now.AddHours(-9));
        restarted.Status.ContainerStatuses.Add(new() { Name = "main", RestartCount = 4 });
        var pending = Make.Pod("pending", node: "n3");
        pending.Status.Phase = "Pending";
        List<Pod> pods =
        [
            Make.Pod("steady", node: "n2").Ready("10.0.0.5", Make.Now.AddHours(-9)),
            restarted,
            Make.Pod("fresh", node: "n3").Ready("10.0.0.6", Make.Now.AddMinutes(-1)),
            Make.Pod("crowded1", node: "n4").Ready("10.0.0.7", Make.Now.AddHours(-9)),
            Make.Pod("crowded2", node: "n4").Ready("10.0.0.8", Make.Now.AddHours(-9)),
            Make.Pod("crowded3", node: "n4").Ready("10.0.0.9", Make.Now.AddHours(-9)),
            cheap,
            Make.Pod("unready", node: "n1").NotReady("10.0.0.2"),
            pending,
            Make.Pod("unbound"),
        ];
        var names = ReplicaSetPlan.Compile(Set(0), pods, pods, Make.Now).Delete.Select(pod => pod.Metadata.Name).ToList();
        Assert.Equal(["unbound", "pending", "unready", "cheap", "crowded1", "crowded2", "crowded3", "fresh", "restarted", "steady"], names);
    }

    [Fact]
    public async Task SlowStart_WithARefusalOfAll_AsksOnce()
    {
        var asked = 0;
        var (succeeded, failure) = await SlowStart.RunAsync(100, () =>
        {
            asked++;
            return Task.FromException(new InvalidOperationException("no"));
        }, CancellationToken.None);
        Assert.Equal((1, 0), (asked, succeeded));
        Assert.Equal("no", failure?.Message);
        Assert.Equal((100, null), await SlowStart.RunAsync(100, () => Task.CompletedTask, CancellationToken.None));
    }

    [Fact]
    public void Claim_SortsCandidates_ByControllerAndLabels()
    {
        var set = Set(1);
        Pod Candidate(string name, string? owner, string app, bool terminating = false)
        {
            var pod = Make.Pod(name).Labelled("app", app);
            pod.Metadata.DeletionTimestamp = terminating ? Make.Now : null;
            if (owner is not null)
            {
                pod.Metadata.OwnerReferences.Add(new() { Kind = "ReplicaSet", Name = "x", Uid = owner, Controller = true });
            }

            return pod;
        }

        Pod[] pods =
        [
            Candidate("mine", "uid-rs", "web"), Candidate("leaving", "uid-rs", "other"), Candidate("orphan", null, "web"), Candidate("dying", null, "web", terminating: true),
            Candidate("foreign", "uid-else", "web"), Candidate("stranger", null, "other"),
        ];
        bool Selects(IReadOnlyDictionary<string, string> labels) => labels["app"] == "web";
        var claim = Claim<Pod>.Compile(set, Selects, pods);
        Assert.Equal("mine", Assert.Single(claim.Owned).Metadata.Name);
        Assert.Equal("orphan", Assert.Single(claim.Adopt).Metadata.Name);
        Assert.Equal("leaving", Assert.Single(claim.Release).Metadata.Name);
        set.Metadata.DeletionTimestamp = Make.Now;
        claim = Claim<Pod>.Compile(set, Selects, pods);
        Assert.Single(claim.Owned);
        Assert.Empty(claim.Adopt);
        Assert.Empty(claim.Release);
    }

    private static ReplicaSet Set(int replicas)
    {
        var set = new ReplicaSet { Metadata = { Name = "rs", Namespace = "default", Uid = "uid-rs", Generation = 1 } };
        set.Spec.Replicas = replicas;
        return set;
    }
}
