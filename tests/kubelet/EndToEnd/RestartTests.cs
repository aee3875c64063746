using Podwire.Kubelet.Runtime;
using Podwire.Netlink.Namespaces;

namespace Podwire.Kubelet.Tests.EndToEnd;

/// <summary>What a kubelet that died finds when it comes back.</summary>
[Collection(ControlPlane.Collection)]
public class RestartTests(ControlPlane plane)
{
    [Fact]
    public async Task KubeletKilled_ContainerGoesOnAndIsTakenUp()
    {
        await using var node = new TestNode(plane);
        node.StartProcess();
        await node.CreateAsync("survives", "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done");
        var before = await node.UntilReadyAsync("survives");
        var process = node.Store.Load()[0].Containers["c"].Process!;
        node.KillProcess();
        Assert.True(process.IsAlive);
        var log = node.Paths.Log(node.Store.Load()[0], "c", 0);
        var length = new FileInfo(log).Length;
        await node.UntilAsync(() => new FileInfo(log).Length > length + 200);

        node.Start();
        await node.UntilAsync(() => node.Leases.Length == 1 && process.IsAlive);
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        var after = await node.UntilReadyAsync("survives");
        Assert.Equal(before.Status.ContainerStatuses[0].ContainerID, after.Status.ContainerStatuses[0].ContainerID);
        Assert.Equal(0, after.Status.ContainerStatuses[0].RestartCount);
        Assert.True(process.IsAlive);

        // The taken-up container is still watched: its end is noticed.
        process.Signal(9);
        await node.UntilAsync("survives", pod => pod.Status.ContainerStatuses is [{ RestartCount: 1, LastState.Terminated.ExitCode: 137 }]);
    }

    [Fact]
    public async Task KubeletTerminated_EndsCleanlyAndLeavesContainers()
    {
        await using var node = new TestNode(plane);
        node.StartProcess();
        await node.CreateAsync("stays", "exec sleep 1000", pod => pod.Spec.Containers[0].ReadinessProbe = new() { Exec = new() { Command = ["true"] }, PeriodSeconds = 1 });
        await node.UntilReadyAsync("stays");
        Assert.Equal(0, await node.TerminateProcessAsync());
        Assert.True(node.Store.Load()[0].Containers["c"].Process!.IsAlive);
    }

    [Fact]
    public async Task KubeletKilled_ExitCodeMeanwhileIsNotLost()
    {
        await using var node = new TestNode(plane);
        node.StartProcess();
        var go = node.At("go");
        await node.CreateAsync("ends", $"while ! test -e {go}; do sleep 0.05; done; echo last words; exit 23", pod => pod.Spec.RestartPolicy = "Never");
        await node.UntilReadyAsync("ends");
        var process = node.Store.Load()[0].Containers["c"].Process!;
        node.KillProcess();
        File.WriteAllText(go, "");
        await node.UntilAsync(() => !process.IsAlive);
        node.Start();
        var pod = await node.UntilAsync("ends", pod => pod.Status.Phase == "Failed");
        Assert.Equal(23, pod.Status.ContainerStatuses[0].State!.Terminated!.ExitCode);
        Assert.Equal("last words\n", await node.LogAsync("ends"));
    }

    [Fact]
    public async Task KubeletAway_PodDeletedMeanwhile_IsCleanedUp()
    {
        await using var node = new TestNode(plane);
        node.StartProcess();
        await node.CreateAsync("orphan", "exec sleep 1000", pod => pod.Spec.TerminationGracePeriodSeconds = 1);
        await node.UntilReadyAsync("orphan");
        var state = node.Store.Load()[0];
        node.KillProcess();
        await node.DeleteAsync("orphan", 0);
        await node.UntilGoneAsync("orphan");
        Assert.True(state.Containers["c"].Process!.IsAlive);
        node.Start();
        await node.UntilAsync(() => !Directory.Exists(node.Paths.Pod(state.Uid)));
        Assert.False(state.Containers["c"].Process!.IsAlive);
        Assert.Empty(node.Leases);
        Assert.False(File.Exists(state.Sandbox!.NetworkNamespace));
    }

    [Fact]
    public async Task HalfMadeSandbox_IsRemovedAndMadeAnew()
    {
        await using var node = new TestNode(plane);
        var pod = await node.CreateAsync("half", "exec sleep 1000");
        var id = ContainerRuntime.NewId();
        var netns = $"/run/netns/podwire-{id[..16]}";
        NetNamespace.Create(netns).Dispose();
        File.WriteAllText(node.At("network", "leases", id), "half");
        node.Store.Save(new()
        {
            Namespace = "default", Name = "half", Uid = pod.Metadata.Uid!, BootId = PodStore.BootId,
            Sandbox = new() { Id = id, NetworkNamespace = netns, Phase = SandboxPhase.Creating },
        });
        File.Copy(node.At("conf", "10-test.conflist"), Path.Combine(node.Paths.Pod(pod.Metadata.Uid!), "network.conflist"));
        node.Start();
        await node.UntilReadyAsync("half");
        Assert.False(File.Exists(netns));
        Assert.DoesNotContain(id, Path.GetFileName(Assert.Single(node.Leases)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetworkFails_IsToldAndTriedAgainAndNothingLeaks()
    {
        await using var node = new TestNode(plane);
        node.FailAdd(true);
        node.Start();
        await node.CreateAsync("nonet", "exec sleep 1000");
        await node.UntilEventAsync("nonet", "FailedCreatePodSandBox", "no network today");
        await node.UntilAsync(() => node.Store.Load() is [{ Sandbox: null }]);
        Assert.Empty(node.Leases);
        node.FailAdd(false);
        await node.UntilReadyAsync("nonet");
        Assert.Single(node.Leases);
    }

    [Fact]
    public async Task NetworkCannotBeUndone_IsTriedUntilItIs()
    {
        await using var node = new TestNode(plane);
        node.Start();
        await node.CreateAsync("stuck", "exec sleep 1000", pod => pod.Spec.TerminationGracePeriodSeconds = 1);
        await node.UntilReadyAsync("stuck");
        node.FailDel(true);
        await node.DeleteAsync("stuck", 1);
        await node.UntilEventAsync("stuck", "FailedKillPod", "no way out today");
        Assert.Single(node.Leases);
        node.FailDel(false);
        await node.UntilGoneAsync("stuck");
        Assert.Empty(node.Leases);
    }
}
