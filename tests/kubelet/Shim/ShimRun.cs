using Podwire.Kubelet.Runtime;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Tests.Shim;

/// <summary>One container run by a real shim process, started as the kubelet starts it.</summary>
internal sealed class ShimRun : IDisposable
{
    private readonly ScratchDirectory scratch = new();
    private readonly PidWatcher watcher = new();

    public ShimRun()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "lacks: root");
        Paths = new(scratch.Path);
        Runtime = new(Paths, watcher, KubeletFlags.ShimCommand());
        Record = new() { Id = ContainerRuntime.NewId() };
    }

    public KubeletPaths Paths { get; }

    public ContainerRuntime Runtime { get; }

    public PodState Pod { get; } = new() { Namespace = "default", Name = "p", Uid = "11111111-2222", BootId = PodStore.BootId };

    public ContainerRecord Record { get; private set; }

    public ShimDirectory Files => Paths.Attempt(Pod.Uid, "c", 0);

    public string LogPath => Paths.Log(Pod, "c", 0);

    public string[] Log => [.. File.ReadAllLines(LogPath).Select(line => line[(line.IndexOf(' ') + 1)..])];

    public ScratchDirectory Scratch => scratch;

    public async Task StartAsync(string script, Func<ShimConfig, ShimConfig>? change = null)
    {
        var config = new ShimConfig { Command = ["/bin/sh", "-c", script], Environment = ["PATH=/usr/bin:/bin"], LogPath = LogPath };
        Record = await Runtime.StartAsync(Pod, "c", Record, change?.Invoke(config) ?? config, TestContext.Current.CancellationToken);
    }

    public async Task<ContainerEnd> EndAsync()
    {
        await Runtime.WatchAsync(Pod, "c", Record, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Record = Runtime.Refresh(Pod, "c", Record);
        return Record.End!;
    }

    public void Dispose()
    {
        ContainerRuntime.EndStrays(Record);
        watcher.Dispose();
        scratch.Dispose();
    }
}
