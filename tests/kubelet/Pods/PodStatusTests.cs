using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Tests.Pods;

public class PodStatusTests
{
    [Theory]
    [InlineData("Always", null, "Pending")]
    [InlineData("Always", 0, "Running")]
    [InlineData("Always", 1, "Running")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    public void Phase_OfAnEndedContainer_FollowsThePolicy(string policy, int? exitCode, string phase)
    {
        var pod = new PodCase().Policy(policy);
        Assert.Equal(phase, (exitCode is { } code ? pod.Ended("a", code) : pod).Status().Phase);
    }

    [Theory]
    [InlineData(0, "Succeeded")]
    [InlineData(143, "Failed")]
    public void Phase_OfADeletedPod_IsFinal(int exitCode, string phase) => Assert.Equal(phase, new PodCase().Ended("a", exitCode).Status(terminal: true).Phase);

    [Fact]
    public void Status_Running_IsReadyWithAddresses()
    {
        var status = new PodCase().Runs("a").Status();
        Assert.Equal(("Running", "10.244.1.2", "10.89.0.11", "BestEffort"), (status.Phase, status.PodIP, status.HostIP, status.QosClass));
        Assert.Equal(
            ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True"],
            status.Conditions.Select(condition => $"{condition.Type}={condition.Status}"));
        Assert.Equal("podwire://a1", status.ContainerStatuses[0].ContainerID);
    }

    [Fact]
    public void Status_NotReady_NamesTheContainer()
    {
        var pod = new PodCase().Runs("a");
        pod.Health["a"] = new(Started: true, Ready: false);
        var ready = pod.Status().Conditions.Find(condition => condition.Type == "Ready")!;
        Assert.Equal(("False", "ContainersNotReady", "containers with unready status: [a]"), (ready.Status, ready.Reason, ready.Message));
    }

    [Fact]
    public void Status_BackingOff_WaitsAndKeepsTheLastEnd()
    {
        var pod = new PodCase().Ended("a", 3, attempt: 2);
        pod.Waiting["a"] = new("CrashLoopBackOff", "back-off 20s");
        var container = pod.Status().ContainerStatuses[0];
        Assert.Equal(("CrashLoopBackOff", 3, 2), (container.State!.Waiting!.Reason, container.LastState!.Terminated!.ExitCode, container.RestartCount));
        Assert.Equal(3, pod.Status(terminal: true).ContainerStatuses[0].State!.Terminated!.ExitCode);
    }

    [Fact]
    public void Status_InitRunning_IsPendingAndTheOthersInitializing()
    {
        var status = new PodCase().Init("i").Runs("i").Status();
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("PodInitializing", status.ContainerStatuses[0].State!.Waiting!.Reason);
        Assert.Equal("containers with incomplete status: [i]", status.Conditions.Find(condition => condition.Type == "Initialized")!.Message);
    }

    [Fact]
    public void Status_InitFailedForGood_IsFailed() => Assert.Equal("Failed", new PodCase().Policy("Never").Init("i").Ended("i", 1).Status().Phase);

    [Fact]
    public void Status_Failure_IsToldAsSuch()
    {
        var status = new PodCase().Ended("a", 137).Status(failure: new("DeadlineExceeded", "late"));
        Assert.Equal(("Failed", "DeadlineExceeded", "late"), (status.Phase, status.Reason, status.Message));
    }

    [Fact]
    public void Conditions_OfOthers_StayAndTimesOfUnchangedOnesToo()
    {
        var pod = new PodCase().Runs("a");
        var then = PodCase.Now.AddHours(-1);
        pod.Pod.Status.Conditions =
        [
            new() { Type = "Ready", Status = "True", LastTransitionTime = then },
            new() { Type = "ContainersReady", Status = "False", LastTransitionTime = then },
            new() { Type = "example.com/other", Status = "False", LastTransitionTime = then },
        ];
        var conditions = pod.Status().Conditions.ToDictionary(condition => condition.Type);
        Assert.Equal(then, conditions["Ready"].LastTransitionTime);
        Assert.Equal(PodCase.Now, conditions["ContainersReady"].LastTransitionTime);
        Assert.Equal(then, conditions["example.com/other"].LastTransitionTime);
    }

    [Theory]
    [InlineData(null, null, "BestEffort")]
    [InlineData("100m", null, "Burstable")]
    [InlineData("100m", "200m", "Burstable")]
    [InlineData("100m", "100m", "Guaranteed")]
    [InlineData(null, "100m", "Guaranteed")]
    public void Qos_OfRequestsAndLimits(string? request, string? limit, string expected)
    {
        var resources = new ResourceRequirements();
        foreach (var name in (string[])["cpu", "memory"])
        {
            if (request is not null)
            {
                resources.Requests[name] = Quantity.Parse(request);
            }

            if (limit is not null)
            {
                resources.Limits[name] = Quantity.Parse(limit);
            }
        }

        Assert.Equal(expected, Podwire.Kubelet.Pods.QosClass.Of(new() { Containers = [new() { Name = "a", Resources = resources }] }));
    }
}
