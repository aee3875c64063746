using Podwire.Kubelet.Pods;

namespace Podwire.Kubelet.Tests.Pods;

public class PodPlannerTests
{
    [Fact]
    public void Plan_NoSandbox_MakesOneFirst()
    {
        var plan = new PodCase().NoSandbox().Plan();
        Assert.True(plan.CreateSandbox);
        Assert.Empty(plan.Start);
    }

    [Fact]
    public void Plan_SandboxReady_StartsTheContainer() => Assert.Equal(["a"], new PodCase().Plan().Start);

    [Fact]
    public void Plan_Running_DoesNothing()
    {
        var plan = new PodCase().Runs("a").Plan();
        Assert.False(plan.CreateSandbox || plan.RemoveSandbox);
        Assert.Empty(plan.Start);
        Assert.Empty(plan.Kill);
        Assert.Null(plan.Again);
    }

    [Theory]
    [InlineData("Always", 0, true)]
    [InlineData("Always", 1, true)]
    [InlineData("OnFailure", 1, true)]
    [InlineData("OnFailure", 0, false)]
    [InlineData("Never", 1, false)]
    [InlineData("Never", 0, false)]
    public void Plan_Ended_RestartsByPolicyOrIsOver(string policy, int exitCode, bool restarts)
    {
        var plan = new PodCase().Policy(policy).Ended("a", exitCode).Plan();
        Assert.Equal(restarts, plan.Start.Count == 1);
        Assert.Equal(!restarts, plan.RemoveSandbox);
    }

    [Fact]
    public void Plan_EndedAgain_WaitsForItsBackOff()
    {
        var plan = new PodCase().Ended("a", 1, secondsAgo: 4, attempt: 1, backOff: 10).Plan();
        Assert.Empty(plan.Start);
        Assert.Equal(TimeSpan.FromSeconds(6), plan.BackingOff["a"]);
        Assert.Equal(TimeSpan.FromSeconds(6), plan.Again);
        Assert.Equal(["a"], new PodCase().Ended("a", 1, secondsAgo: 11, attempt: 1, backOff: 10).Plan().Start);
    }

    [Fact]
    public void Plan_EndedAfterWorkingLong_RestartsAtOnce() =>
        Assert.Equal(["a"], new PodCase().Ended("a", 1, secondsAgo: 0, attempt: 5, backOff: 300, worked: 601).Plan().Start);

    [Fact]
    public void Plan_InitContainers_OneAfterTheOther()
    {
        Assert.Equal(["i"], new PodCase().Init("i").Init("j").Plan().Start);
        Assert.Empty(new PodCase().Init("i").Init("j").Runs("i").Plan().Start);
        Assert.Equal(["j"], new PodCase().Init("i").Init("j").Ended("i", 0).Plan().Start);
        Assert.Equal(["i"], new PodCase().Init("i").Init("j").Ended("i", 1).Plan().Start);
        Assert.Equal(["a"], new PodCase().Init("i").Init("j").Ended("i", 0).Ended("j", 0).Plan().Start);
        Assert.True(new PodCase().Policy("Never").Init("i").Ended("i", 1).Plan().RemoveSandbox);
    }

    [Fact]
    public void Plan_Sidecar_StaysBesideAndEndsLast()
    {
        Assert.Equal(["s"], new PodCase().Init("s", sidecar: true).Plan().Start);
        Assert.Equal(["a"], new PodCase().Init("s", sidecar: true).Runs("s").Plan().Start);
        var unstarted = new PodCase().Init("s", sidecar: true).Runs("s");
        unstarted.Health["s"] = new(Started: false, Ready: false);
        Assert.Empty(unstarted.Plan().Start);
        Assert.Equal(["s"], new PodCase().Init("s", sidecar: true).Ended("s", 0).Runs("a").Plan().Start);
        var over = new PodCase().Policy("Never").Init("s", sidecar: true).Runs("s").Ended("a", 0).Plan();
        Assert.Equal("s", Assert.Single(over.Kill).Name);
        Assert.True(over.RemoveSandbox);
    }

    [Fact]
    public void Plan_ProbeFailed_EndsTheContainer()
    {
        var sick = new PodCase().Runs("a");
        sick.Health["a"] = new(true, true, "failed liveness probe");
        Assert.Equal(new("a", "failed liveness probe"), Assert.Single(sick.Plan().Kill));
    }

    [Fact]
    public void Plan_Deadline_FailsOrTellsWhenToLook()
    {
        var early = new PodCase().Runs("a");
        early.Pod.Spec.ActiveDeadlineSeconds = 90;
        Assert.Equal(TimeSpan.FromSeconds(30), early.Plan().Again);
        early.Pod.Spec.ActiveDeadlineSeconds = 60;
        Assert.Equal("DeadlineExceeded", early.Plan().Fail?.Reason);
    }

    [Fact]
    public void BackOff_DoublesToItsLongestAndStartsOver()
    {
        var wait = default(BackOff);
        var seconds = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            seconds.Add(wait.Delay.TotalSeconds);
            wait = wait.Next();
        }

        Assert.Equal([0, 10, 20, 40, 80, 160, 300, 300], seconds);
        Assert.Equal(TimeSpan.Zero, wait.After(TimeSpan.FromMinutes(10)));
        Assert.Equal(BackOff.First, wait.Next(TimeSpan.FromMinutes(10)).Delay);
    }
}
