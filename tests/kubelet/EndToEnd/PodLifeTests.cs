using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Tests.EndToEnd;

[Collection(ControlPlane.Collection)]
public class PodLifeTests(ControlPlane plane)
{
    [Fact]
    public async Task Pod_Runs_IsReadyWithAddressAndLog()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("runs", "echo hello from $POD at $IP on $(hostname); cat /sys/class/net/lo/operstate; exec sleep 1000", pod => pod.Spec.Containers[0].Env =
        [
            new() { Name = "POD", ValueFrom = new() { FieldRef = new() { FieldPath = "metadata.name" } } },
            new() { Name = "IP", ValueFrom = new() { FieldRef = new() { FieldPath = "status.podIP" } } },
        ]);
        var pod = await node.UntilReadyAsync("runs");
        Assert.Equal(("Running", "192.0.2.10", "127.0.0.1", "BestEffort"), (pod.Status.Phase, pod.Status.PodIP, pod.Status.HostIP, pod.Status.QosClass));
        var container = Assert.Single(pod.Status.ContainerStatuses);
        Assert.NotNull(container.State!.Running);
        Assert.True(container.Ready);
        Assert.StartsWith("podwire://", container.ContainerID, StringComparison.Ordinal);
        await node.UntilAsync(() => File.ReadAllText(node.Paths.Log(node.Store.Load()[0], "c", 0)).Contains("hello", StringComparison.Ordinal));
        Assert.StartsWith("hello from runs at 192.0.2.10 on runs\n", await node.LogAsync("runs"), StringComparison.Ordinal);
        Assert.Contains("K8S_POD_NAME=runs", File.ReadAllText(Assert.Single(node.Leases)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pod_Deleted_IsEndedGracefullyAndLeavesNothing()
    {
        await using var node = new TestNode(plane);
        node.Start();
        var witness = node.At("witness");
        await node.CreateAsync("leaves", $"trap 'echo term >> {witness}; exit 0' TERM; echo up; while :; do sleep 0.05; done", pod =>
            pod.Spec.Containers[0].Lifecycle = new() { PreStop = new() { Exec = new() { Command = ["/bin/sh", "-c", $"echo prestop >> {witness}"] } } });
        await node.UntilReadyAsync("leaves");
        var state = Assert.Single(node.Store.Load());
        await node.DeleteAsync("leaves");
        await node.UntilGoneAsync("leaves");
        await node.UntilAsync(() => !Directory.Exists(node.Paths.Pod(state.Uid)));
        Assert.Equal(["prestop", "term"], File.ReadAllLines(witness));
        Assert.Empty(node.Leases);
        Assert.False(File.Exists(state.Sandbox!.NetworkNamespace));
        Assert.False(Directory.Exists(node.Paths.PodLogs(state)));
    }

    [Fact]
    public async Task Pod_DeafToSigterm_IsKilledAfterItsGrace()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("deaf", "trap '' TERM; while :; do sleep 0.05; done");
        await node.UntilReadyAsync("deaf");
        await node.DeleteAsync("deaf", 1);
        await node.UntilGoneAsync("deaf");
    }

    [Theory]
    [InlineData("Never", "exit 3", "Failed", 3)]
    [InlineData("Never", "true", "Succeeded", 0)]
    [InlineData("OnFailure", "true", "Succeeded", 0)]
    public async Task Pod_WorkDone_KeepsPhaseExitCodeAndLogAndLosesItsSandbox(string policy, string script, string phase, int exitCode)
    {
        await using var node = new TestNode(plane);
        node.Start();
        var name = $"done-{policy.ToLowerInvariant()}-{exitCode}";
        await node.CreateAsync(name, $"echo done; {script}", pod => pod.Spec.RestartPolicy = policy);
        var pod = await node.UntilAsync(name, pod => pod.Status.Phase == phase);
        Assert.Equal(exitCode, pod.Status.ContainerStatuses[0].State!.Terminated!.ExitCode);
        await node.UntilAsync(() => node.Leases.Length == 0);
        Assert.Equal("done\n", await node.LogAsync(name));
    }

    [Fact]
    public async Task Container_Fails_IsRestartedThenBacksOff()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("crashes", "echo crash; exit 4");
        var pod = await node.UntilAsync("crashes", pod => pod.Status.ContainerStatuses is [{ RestartCount: 1, State.Waiting.Reason: "CrashLoopBackOff" }]);
        Assert.Equal(("Running", 4), (pod.Status.Phase, pod.Status.ContainerStatuses[0].LastState!.Terminated!.ExitCode));
        Assert.StartsWith("back-off 10s restarting failed container=c pod=crashes_default(", pod.Status.ContainerStatuses[0].State!.Waiting!.Message, StringComparison.Ordinal);
        Assert.Equal("crash\n", await node.LogAsync("crashes", "?previous=true"));
    }

    [Fact]
    public async Task InitContainers_RunInOrderBeforeTheOthers()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("inits", "cat $F; sleep 1000", pod =>
        {
            var file = node.At("order");
            pod.Spec.Containers[0].Env = [new() { Name = "F", Value = file }];
            pod.Spec.InitContainers =
            [
                new() { Name = "one", Image = "host", Command = ["/bin/sh", "-c", $"sleep 0.3; echo one >> {file}"] },
                new() { Name = "two", Image = "host", Command = ["/bin/sh", "-c", $"echo two >> {file}"] },
            ];
        });
        var pod = await node.UntilReadyAsync("inits");
        Assert.Equal("one\ntwo\n", await node.LogAsync("inits", "?container=c"));
        Assert.All(pod.Status.InitContainerStatuses, status => Assert.Equal(0, status.State!.Terminated!.ExitCode));
    }

    [Fact]
    public async Task Image_Unknown_IsRefusedVisibly()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("image", "true", pod => pod.Spec.Containers[0].Image = "nginx:1.27");
        await node.UntilEventAsync("image", "Failed", "Error: ErrImagePull");
        await node.UntilAsync("image", pod => pod.Status.ContainerStatuses is [{ State.Waiting.Reason: "ImagePullBackOff" }]);
        await node.UntilEventAsync("image", "Failed", "Failed to pull image \"nginx:1.27\": the built-in runtime has only the image \"host\"");
    }

    [Fact]
    public async Task ConfigMap_Missing_HoldsTheContainerUntilItComes()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("configured", "echo value $VALUE; cat $MOUNT/file; echo; sleep 1000", pod =>
        {
            var place = Directory.CreateDirectory(node.At("place")).FullName;
            pod.Spec.Containers[0].Env = [new() { Name = "VALUE", ValueFrom = new() { ConfigMapKeyRef = new() { Name = "settings", Key = "key" } } }, new() { Name = "MOUNT", Value = place }];
            pod.Spec.Containers[0].VolumeMounts = [new() { Name = "v", MountPath = place }];
            pod.Spec.Volumes = [new() { Name = "v", ConfigMap = new() { Name = "settings", Items = [new() { Key = "key", Path = "file" }] } }];
        });
        await node.UntilAsync("configured", pod => pod.Status.ContainerStatuses is [{ State.Waiting: { Reason: "CreateContainerConfigError", Message: "configmap \"settings\" not found" } }]);
        await node.Client.CreateAsync(KubeResources.ConfigMaps, new ConfigMap { Metadata = { Name = "settings", Namespace = "default" }, Data = { ["key"] = "forty-two" } }, TestContext.Current.CancellationToken);
        await node.UntilReadyAsync("configured");
        await node.UntilAsync(() => File.ReadAllText(node.Paths.Log(node.Store.Load()[0], "c", 0)).Contains("F forty-two", StringComparison.Ordinal));
        Assert.StartsWith("value forty-two\nforty-two\n", await node.LogAsync("configured"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_ReadinessGatesAndLivenessRestarts()
    {
        await using var node = new TestNode(plane);
        node.Start();
        var file = node.At("healthy");
        File.WriteAllText(file, "");
        Probe Probe() => new() { Exec = new() { Command = ["/bin/sh", "-c", $"test -e {file}"] }, PeriodSeconds = 1, FailureThreshold = 1, TimeoutSeconds = 5 };
        await node.CreateAsync("probed", "exec sleep 1000", pod =>
        {
            pod.Spec.TerminationGracePeriodSeconds = 1;
            pod.Spec.Containers[0].ReadinessProbe = Probe();
            pod.Spec.Containers[0].LivenessProbe = Probe();
        });
        await node.UntilReadyAsync("probed");
        File.Delete(file);
        await node.UntilAsync("probed", pod => pod.Status.ContainerStatuses[0].RestartCount > 0 && !pod.Status.ContainerStatuses[0].Ready);
        await node.UntilEventAsync("probed", "Killing", "Container c failed liveness probe, will be restarted");
        await node.UntilEventAsync("probed", "Unhealthy", "Liveness probe failed");
    }

    [Fact]
    public async Task Deadline_Passed_FailsThePod()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("late", "exec sleep 1000", pod => (pod.Spec.ActiveDeadlineSeconds, pod.Spec.TerminationGracePeriodSeconds) = (2, 1));
        var pod = await node.UntilAsync("late", pod => pod.Status.Phase == "Failed");
        Assert.Equal("DeadlineExceeded", pod.Status.Reason);
        await node.UntilAsync(() => node.Leases.Length == 0);
    }
}
