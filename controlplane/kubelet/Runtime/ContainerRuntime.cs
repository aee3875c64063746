using System.Security.Cryptography;
using Podwire.Kubelet.Interop;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Runtime;

/// <summary>
/// The built-in runtime: starts a shim for each attempt of a container and reads what shims write. It keeps nothing in memory
/// that a restart would miss.
/// </summary>
/// <param name="paths">Where the files are.</param>
/// <param name="watcher">Tells when shims end.</param>
/// <param name="shimCommand">The program that is the shim when «--dir DIR» follows.</param>
internal sealed class ContainerRuntime(KubeletPaths paths, PidWatcher watcher, IReadOnlyList<string> shimCommand)
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    // The shim's few buffers need no more; containers get an environment of their own.
    private static readonly string[] ShimEnvironment =
        ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DOTNET_GCHeapHardLimit=0x2000000", "DOTNET_gcConcurrent=0", "DOTNET_GCHeapCount=1", "DOTNET_TieredPGO=0"];

    /// <summary>A random id, as container runtimes give them: 64 hexadecimal digits.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>
    /// Starts an attempt's shim and waits until its process runs or could not be started. The record must have been saved before.
    /// </summary>
    public async Task<ContainerRecord> StartAsync(PodState pod, string name, ContainerRecord record, ShimConfig config, CancellationToken cancel)
    {
        var files = paths.Attempt(pod.Uid, name, record.Attempt);
        Directory.CreateDirectory(files.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(config.LogPath)!);
        files.Write(config);
        Launch(files);
        var patience = TimeSpan.FromMilliseconds(1);
        for (var waited = TimeSpan.Zero; waited < StartPatience; waited += patience)
        {
            var now = Refresh(pod, name, record);
            if (now.Process is not null || now.End is not null)
            {
                return now;
            }

            await Task.Delay(patience, cancel);
            patience = patience < TimeSpan.FromMilliseconds(20) ? patience * 2 : patience;
        }

        return record;
    }

    /// <summary>The record as the shim's files have it now.</summary>
    public ContainerRecord Refresh(PodState pod, string name, ContainerRecord record)
    {
        if (record.End is not null)
        {
            return record;
        }

        var files = paths.Attempt(pod.Uid, name, record.Attempt);
        var alive = pod.BootId == PodStore.BootId && IsShimAlive(files);
        if (files.ReadState() is { Process: { } process } state)
        {
            record = record with { Process = process, StartedAt = state.StartedAt };
        }

        if (alive)
        {
            return record;
        }

        // Read after the lock was seen free: a shim writes its last file before it ends.
        return record with { End = files.ReadExit() is { } exit ? EndOf(record, exit) : Lost(record) };
    }

    /// <summary>Completes when the attempt's shim has ended; at once if it has, or was never started.</summary>
    public async Task WatchAsync(PodState pod, string name, ContainerRecord record, CancellationToken cancel)
    {
        var files = paths.Attempt(pod.Uid, name, record.Attempt);
        while (IsShimAlive(files))
        {
            if (files.ReadState() is { } state)
            {
                await watcher.WatchAsync(state.Shim).WaitAsync(cancel);
            }

            // The kernel lets go of an ended process's locks a moment after its end can be seen (fput is deferred).
            await Task.Delay(5, cancel);
        }
    }

    /// <summary>Signals the container's first process; while that is being started, SIGKILL goes to its shim.</summary>
    public void Signal(PodState pod, string name, ContainerRecord record, int signal)
    {
        if ((Refresh(pod, name, record).Process ?? record.Process) is { } process)
        {
            process.Signal(signal);
        }
        else if (signal == Libc.SIGKILL)
        {
            paths.Attempt(pod.Uid, name, record.Attempt).ReadState()?.Shim.Signal(signal);
        }
    }

    /// <summary>Ends what a container left running although its shim died: the session that its first process led.</summary>
    public static void EndStrays(ContainerRecord record)
    {
        if (record.Process is not { } process)
        {
            return;
        }

        // A session keeps its number while a member lives, also without its leader; none of it is older than the leader.
        foreach (var member in ProcessIdentity.Session(process.Pid).Where(member => member.StartTime >= process.StartTime))
        {
            member.Signal(Libc.SIGKILL);
        }
    }

    /// <summary>Drops the files of attempts that nothing refers to: all but the latest two.</summary>
    public void Prune(PodState pod, string name, ContainerRecord record)
    {
        for (var old = record.Attempt - 2; old >= 0; old--)
        {
            var directory = paths.Attempt(pod.Uid, name, old).Path;
            if (!Directory.Exists(directory))
            {
                return;
            }

            Directory.Delete(directory, recursive: true);
            var log = paths.Log(pod, name, old);
            foreach (var file in Logs.CriLogFiles.Rotated(log).Append(log))
            {
                File.Delete(file);
            }
        }
    }

    private static bool IsShimAlive(ShimDirectory files)
    {
        var descriptor = Libc.open(files.LockPath, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (descriptor < 0)
        {
            return false;
        }

        try
        {
            // Shared, so that two who look at once do not take each other for the shim.
            return Libc.flock(descriptor, Libc.LOCK_SH | Libc.LOCK_NB) < 0;
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    private static ContainerEnd EndOf(ContainerRecord record, ShimExit exit) => new()
    {
        ContainerId = record.Id,
        ExitCode = exit.ExitCode,
        Reason = exit.StartError is not null ? "StartError" : exit.ExitCode == 0 ? "Completed" : "Error",
        Message = exit.StartError,
        StartedAt = exit.StartError is null ? exit.StartedAt : null,
        FinishedAt = exit.FinishedAt,
    };

    private static ContainerEnd Lost(ContainerRecord record) => new()
    {
        ContainerId = record.Id,
        ExitCode = 137,
        Reason = "ContainerStatusUnknown",
        Message = record.Process is null ? "The container was about to be started when its node or kubelet stopped" : "The container's shim is gone and left no exit code",
        StartedAt = record.StartedAt,
        FinishedAt = DateTimeOffset.UtcNow,
    };

    private void Launch(ShimDirectory files)
    {
        const int CreateReadWrite = 0x42;
        const int CreateAppend = 0x441;
        const uint Mode = 0x180;
        int shimLock = -1, messages = -1, input = -1;
        try
        {
            shimLock = Libc.Check(Libc.open(files.LockPath, CreateReadWrite | Libc.O_CLOEXEC, Mode), "open", files.LockPath);
            Libc.Check(Libc.flock(shimLock, Libc.LOCK_EX | Libc.LOCK_NB), "flock", files.LockPath);
            messages = Libc.Check(Libc.open(files.MessagesPath, CreateAppend | Libc.O_CLOEXEC, Mode), "open", files.MessagesPath);
            input = Libc.Check(Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "open", "/dev/null");

            // The lock goes with its open file description: our copy is closed below, the shim's lives as long as it does.
            Libc.Spawn(shimCommand[0], [.. shimCommand, "--dir", files.Path], ShimEnvironment, [input, messages, messages, shimLock]);
        }
        finally
        {
            foreach (var descriptor in new[] { shimLock, messages, input })
            {
                if (descriptor >= 0)
                {
                    _ = Libc.close(descriptor);
                }
            }
        }
    }
}
