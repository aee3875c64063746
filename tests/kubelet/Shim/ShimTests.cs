using System.Globalization;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Tests.Shim;

public class ShimTests
{
    [Fact]
    public async Task Shim_OutputOfBothStreams_IsLoggedWholeAndInOrder()
    {
        using var run = new ShimRun();
        await run.StartAsync("echo one; echo two >&2; sleep 0.1; printf three");
        var end = await run.EndAsync();
        Assert.Equal((0, "Completed"), (end.ExitCode, end.Reason));
        Assert.Contains("stdout F one", run.Log);
        Assert.Contains("stderr F two", run.Log);
        Assert.Equal("stdout P three", run.Log[^1]);
    }

    [Fact]
    public async Task Shim_ExitCode_IsKept()
    {
        using var run = new ShimRun();
        await run.StartAsync("exit 7");
        var end = await run.EndAsync();
        Assert.Equal((7, "Error"), (end.ExitCode, end.Reason));
        Assert.NotNull(end.StartedAt);
        Assert.True(end.FinishedAt >= end.StartedAt);
    }

    [Fact]
    public async Task Shim_TerminatedBySignal_Gives128PlusIt()
    {
        using var run = new ShimRun();
        await run.StartAsync("sleep 1000 & wait");
        run.Runtime.Signal(run.Pod, "c", run.Record, 15);
        Assert.Equal(143, (await run.EndAsync()).ExitCode);
        Assert.Equal(15, run.Files.ReadExit()!.Signal);
    }

    [Fact]
    public async Task Shim_SigtermToTheShim_IsForwarded()
    {
        using var run = new ShimRun();
        await run.StartAsync("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done");
        while (!File.ReadAllText(run.LogPath).Contains("up", StringComparison.Ordinal))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        run.Files.ReadState()!.Shim.Signal(15);
        Assert.Equal(3, (await run.EndAsync()).ExitCode);
        Assert.Equal("stdout F bye", run.Log[^1]);
    }

    [Fact]
    public async Task Shim_MainProcessEnds_NothingOfItsTreeIsLeft()
    {
        using var run = new ShimRun();
        var children = run.Scratch.At("children");

        // One in a session of its own, one an orphan of an orphan: neither a process group nor a parent leads to them.
        await run.StartAsync($"setsid sleep 1000 & (sh -c 'sleep 1000 & echo $! >> {children}' &) ; echo $! >> {children}; while [ $(wc -l < {children}) -lt 2 ]; do sleep 0.02; done; exit 5");
        Assert.Equal(5, (await run.EndAsync()).ExitCode);
        foreach (var line in File.ReadAllLines(children))
        {
            Assert.Null(ProcessIdentity.Of(int.Parse(line, CultureInfo.InvariantCulture)));
        }
    }

    [Fact]
    public async Task Shim_UnknownProgram_SaysSoAndGives128()
    {
        using var run = new ShimRun();
        await run.StartAsync("", config => config with { Command = ["no-such-program"] });
        var end = run.Record.End!;
        Assert.Equal((128, "StartError", "exec: \"no-such-program\": executable file not found in $PATH"), (end.ExitCode, end.Reason, end.Message));
    }

    [Fact]
    public async Task Shim_WorkingDirectoryMissing_SaysSo()
    {
        using var run = new ShimRun();
        await run.StartAsync("true", config => config with { WorkingDirectory = "/no/such/directory" });
        Assert.Contains("chdir to workingDir /no/such/directory", run.Record.End!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shim_EnvironmentDirectoryHostnameAndUser_AreTheContainersOwn()
    {
        using var run = new ShimRun();
        await run.StartAsync(
            "echo $NAME; pwd; hostname; id -u; id -g; id -G",
            config => config with { Environment = ["PATH=/usr/bin:/bin", "NAME=a b"], WorkingDirectory = "/usr", Hostname = "pod-x", User = 65534, Group = 100, Groups = [7] });
        await run.EndAsync();
        Assert.Equal(["stdout F a b", "stdout F /usr", "stdout F pod-x", "stdout F 65534", "stdout F 100", "stdout F 100 7"], run.Log);
        Assert.NotEqual("pod-x", Environment.MachineName);
    }

    [Fact]
    public async Task Shim_Mounts_AreSeenInsideOnly()
    {
        using var run = new ShimRun();
        var hosts = run.Scratch.At("hosts");
        File.WriteAllText(hosts, "1.2.3.4 inside\n");
        await run.StartAsync(
            "cat /etc/hosts; echo x > /etc/hosts || echo read-only",
            config => config with { Mounts = [new(hosts, "/etc/hosts", ReadOnly: true), new(hosts, "/no/such/file", Optional: true)] });
        await run.EndAsync();
        Assert.Contains("stdout F 1.2.3.4 inside", run.Log);
        Assert.Contains("stdout F read-only", run.Log);
        Assert.DoesNotContain("inside", File.ReadAllText("/etc/hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shim_MountPointMissing_RefusesToStart()
    {
        using var run = new ShimRun();
        await run.StartAsync("true", config => config with { Mounts = [new("/tmp", "/no/such/place")] });
        Assert.Contains("/no/such/place does not exist on the machine's own root file system", run.Record.End!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shim_Killed_IsNoticedAndItsContainerEnded()
    {
        using var run = new ShimRun();
        await run.StartAsync("sleep 1000 & wait");
        var process = run.Record.Process!;
        run.Files.ReadState()!.Shim.Signal(9);
        var end = await run.EndAsync();
        Assert.Equal((137, "ContainerStatusUnknown"), (end.ExitCode, end.Reason));
        Podwire.Kubelet.Runtime.ContainerRuntime.EndStrays(run.Record);
        while (ProcessIdentity.Session(process.Pid).Any())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Shim_OfAnEarlierBoot_CountsAsGone()
    {
        using var run = new ShimRun();
        await run.StartAsync("sleep 1000");
        Assert.NotNull(run.Runtime.Refresh(run.Pod with { BootId = "another" }, "c", run.Record).End);
        Assert.Null(run.Runtime.Refresh(run.Pod, "c", run.Record).End);
    }

    [Fact]
    public async Task Shim_LargeOutput_IsRotatedAndNothingIsLost()
    {
        using var run = new ShimRun();
        await run.StartAsync("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done", config => config with { LogMaxSize = 200_000, LogMaxFiles = 100 });
        await run.EndAsync();
        var files = Podwire.Kubelet.Logs.CriLogFiles.Rotated(run.LogPath);
        Assert.NotEmpty(files);
        var lines = files.Append(run.LogPath).SelectMany(File.ReadAllLines).Select(line => line[(line.IndexOf(" F ", StringComparison.Ordinal) + 3)..]);
        Assert.Equal(Enumerable.Range(1, 20000).Select(i => $"line {i}"), lines);
    }

    [Fact]
    public async Task Program_ShimWithoutDirectory_IsRefused() => Assert.Equal(2, await KubeletProgram.RunAsync(["shim"]));
}
