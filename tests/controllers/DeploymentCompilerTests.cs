using Podwire.Controllers.Deployments;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests;

public class DeploymentCompilerTests
{
    public static TheoryData<int, int, string, string> Histories
    {
        get
        {
            var data = new TheoryData<int, int, string, string>();
            var random = new Random(3);
            var bounds = new[] { "0", "1", "2", "5", "25%", "50%", "100%" };
            for (var seed = 0; seed < 120; seed++)
            {
                data.Add(seed, random.Next(1, 15), bounds[random.Next(bounds.Length)], bounds[random.Next(bounds.Length)]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void RollingUpdate_OverAnyHistory_StaysWithinItsBoundsAndEnds(int seed, int replicas, string maxSurge, string maxUnavailable)
    {
        var random = new Random(seed);
        var simulation = new RolloutSimulation(Make.Deployment("web", replicas, "v0", maxSurge, maxUnavailable), random);
        simulation.Settle(() => { });
        Assert.True(simulation.IsComplete, "the first rollout does not end");
        var (surge, unavailable) = (simulation.View.MaxSurge, simulation.View.MaxUnavailable);
        void Check()
        {
            Assert.True(simulation.Total <= replicas + surge, $"{simulation.Total} pods asked for, {replicas} + {surge} allowed");
            Assert.True(simulation.Available >= replicas - unavailable, $"{simulation.Available} pods available, {replicas} - {unavailable} needed");
        }

        for (var i = 0; i < 400; i++)
        {
            // New templates also come in the middle of a rollout, earlier ones among them.
            if (random.Next(40) == 0)
            {
                simulation.Command($"v{random.Next(4)}");
            }

            simulation.Any();
            Check();
        }

        simulation.Settle(Check);
        Assert.True(simulation.IsComplete, $"the rollout does not end: {simulation.Total} asked for, {simulation.Available} available");
        Assert.Equal("NewReplicaSetAvailable", Conditions.Find(simulation.Deployment.Status.Conditions, "Progressing")?.Reason);
        Assert.Single(simulation.Sets, set => set.Spec.Replicas > 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Scaling_InTheMiddleOfARollout_EndsAtTheNewSize(int seed)
    {
        var random = new Random(seed);
        var simulation = new RolloutSimulation(Make.Deployment("web", 10, "v0"), random);
        simulation.Settle(() => { });
        simulation.Command("v1");
        for (var i = 0; i < 300; i++)
        {
            if (random.Next(50) == 0)
            {
                simulation.Scale(random.Next(0, 25));
            }

            simulation.Any();
        }

        simulation.Scale(7);
        simulation.Settle(() => { });
        Assert.True(simulation.IsComplete);
        Assert.Equal(7, simulation.Available);
    }

    [Fact]
    public void ScaledDuringARollout_EveryReplicaSetKeepsItsShare()
    {
        var simulation = new RolloutSimulation(Make.Deployment("web", 10, "v0", "3", "2"), new Random(1));
        simulation.Settle(() => { });
        simulation.Command("v1");
        for (var i = 0; i < 3; i++)
        {
            simulation.Control();
            simulation.Sets.ForEach(simulation.Report);
        }

        Assert.Equal([8, 5], [.. simulation.Sets.Select(set => set.Spec.Replicas!.Value)]);
        simulation.Scale(20);
        simulation.Control();
        Assert.Equal(23, simulation.Total);
        Assert.Equal([14, 9], [.. simulation.Sets.Select(set => set.Spec.Replicas!.Value)]);
    }

    [Fact]
    public void History_BeyondItsLimit_LosesTheOldestRevisions()
    {
        var deployment = Make.Deployment("web", 1, "v0");
        deployment.Spec.RevisionHistoryLimit = 2;
        var simulation = new RolloutSimulation(deployment, new Random(1));
        for (var i = 0; i < 6; i++)
        {
            simulation.Command($"v{i}");
            simulation.Settle(() => { });
            simulation.Control();
        }

        Assert.Equal([4, 5, 6], simulation.Sets.Select(Annotations.RevisionOf).Order());
    }

    [Fact]
    public void Paused_NewTemplate_IsScaledButNotRolledOut()
    {
        var simulation = new RolloutSimulation(Make.Deployment("web", 4, "v0"), new Random(1));
        simulation.Settle(() => { });
        simulation.Deployment.Spec.Paused = true;
        simulation.Command("v1");
        simulation.Scale(6);
        simulation.Control();
        Assert.Equal(6, Assert.Single(simulation.Sets).Spec.Replicas);
        Assert.Equal("DeploymentPaused", Conditions.Find(simulation.Deployment.Status.Conditions, "Progressing")?.Reason);
        simulation.Deployment.Spec.Paused = false;
        simulation.Control();
        Assert.Equal(2, simulation.Sets.Count);
    }

    [Fact]
    public void NoProgress_UntilTheDeadline_IsToldOnceThePlanSaidWhenToLook()
    {
        var deployment = Make.Deployment("web", 1, "v0");
        deployment.Spec.ProgressDeadlineSeconds = 30;
        var first = Compile(deployment, [], Make.Now);
        Assert.NotNull(first.Create);
        Assert.Equal("NewReplicaSetCreated", Conditions.Find(first.Status.Conditions, "Progressing")?.Reason);
        Assert.Equal(TimeSpan.FromSeconds(30), first.Recheck);
        first.Create.Metadata.Uid = "rs";
        deployment.Status = first.Status;
        var late = Compile(deployment, [first.Create], Make.Now.AddSeconds(30));
        var condition = Conditions.Find(late.Status.Conditions, "Progressing");
        Assert.Equal(("False", "ProgressDeadlineExceeded"), (condition?.Status, condition?.Reason));
        Assert.Null(late.Recheck);
    }

    [Fact]
    public void Deleted_Deployment_ChangesNothing()
    {
        var deployment = Make.Deployment("web", 3);
        deployment.Metadata.DeletionTimestamp = Make.Now;
        var plan = Compile(deployment, [], Make.Now);
        Assert.Null(plan.Create);
        Assert.Empty(plan.Change);
    }

    [Fact]
    public void Recreate_WithOldPodsLeft_Waits()
    {
        var deployment = Make.Deployment("web", 2, "v0");
        deployment.Spec.Strategy = new() { Type = "Recreate" };
        var old = DeploymentCompiler.NewReplicaSet(new(deployment, [], Canonical), 2);
        old.Metadata.Uid = "old";
        deployment.Spec.Template.Spec.Containers[0].Command = ["/bin/echo", "v1"];
        Assert.Equal(0, Assert.Single(Compile(deployment, [old], Make.Now).Change).Replicas);
        old.Spec.Replicas = 0;
        Assert.Null(DeploymentCompiler.Compile(new(deployment, [old], Canonical), new HashSet<string> { "old" }, Make.Now).Create);
        Assert.Equal(2, Compile(deployment, [old], Make.Now).Create?.Spec.Replicas);
    }

    [Fact]
    public void ChangeCause_AndOtherAnnotations_GoToTheReplicaSetButNotTheBooks()
    {
        var deployment = Make.Deployment("web", 1);
        deployment.Metadata.Annotations["kubernetes.io/change-cause"] = "because";
        deployment.Metadata.Annotations["kubectl.kubernetes.io/last-applied-configuration"] = "{}";
        var made = Compile(deployment, [], Make.Now).Create!;
        Assert.Equal("because", made.Metadata.Annotations["kubernetes.io/change-cause"]);
        Assert.False(made.Metadata.Annotations.ContainsKey("kubectl.kubernetes.io/last-applied-configuration"));
        Assert.Equal(("1", "1", "2"), (made.Metadata.Annotations[Annotations.Revision], made.Metadata.Annotations[Annotations.DesiredReplicas], made.Metadata.Annotations[Annotations.MaxReplicas]));
        var hash = made.Metadata.Labels[TemplateHash.Label];
        Assert.Equal($"web-{hash}", made.Metadata.Name);
        Assert.Equal(hash, made.Spec.Selector.MatchLabels[TemplateHash.Label]);
        Assert.Equal(hash, made.Spec.Template.Metadata.Labels[TemplateHash.Label]);
        Assert.Matches("^[bcdfghjklmnpqrstvwxz2456789]{1,10}$", hash);
    }

    [Fact]
    public void TemplateHash_IsTheSameForTheSameContentOnly()
    {
        var (one, other) = (Make.Deployment("web", 1, "a").Spec.Template, Make.Deployment("web", 1, "a").Spec.Template);
        other.Metadata.Labels[TemplateHash.Label] = "x";
        Assert.Equal(Canonical(one), Canonical(other));
        other.Spec.Containers[0].Command[1] = "b";
        Assert.NotEqual(Canonical(one), Canonical(other));
        Assert.NotEqual(TemplateHash.Compute("x", null), TemplateHash.Compute("x", 1));
        Assert.NotEqual(TemplateHash.Compute("x", 1), TemplateHash.Compute("x", 2));
    }

    private static DeploymentPlan Compile(Deployment deployment, IEnumerable<ReplicaSet> sets, DateTimeOffset now) =>
        DeploymentCompiler.Compile(new(deployment, sets, Canonical), new HashSet<string>(), now);

    private static string Canonical(PodTemplateSpec template) => TemplateHash.Canonical(KubeJson.ToNode(template));
}
