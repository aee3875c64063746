using System.Collections.Concurrent;
using Podwire.Kubelet.Interop;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Runtime;

/// <summary>
/// Tells when a process ended, whether or not it is a child: one thread waits on pidfds (pidfd_open(2): readable once the
/// process has ended) and reaps those that are children.
/// </summary>
internal sealed class PidWatcher : IDisposable
{
    private readonly int epoll = Libc.Check(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "epoll_create1");
    private readonly ConcurrentDictionary<int, Watched> watched = new();
    private readonly Thread thread;
    private volatile bool ended;

    /// <summary>Starts the thread.</summary>
    public PidWatcher()
    {
        thread = new Thread(Loop, 256 << 10) { IsBackground = true, Name = "pid watcher" };
        thread.Start();
    }

    /// <summary>Completes once the process has ended; at once if it has already.</summary>
    public Task WatchAsync(ProcessIdentity process)
    {
        var pidfd = Libc.pidfd_open(process.Pid);
        if (pidfd < 0)
        {
            return Task.CompletedTask;
        }

        // Only with the pidfd in hand is it certain that the number stays that of the process looked at.
        if (!process.IsAlive)
        {
            Reap(process.Pid);
            _ = Libc.close(pidfd);
            return Task.CompletedTask;
        }

        var entry = new Watched(process.Pid, new(TaskCreationOptions.RunContinuationsAsynchronously));
        watched[pidfd] = entry;
        Span<byte> ev = stackalloc byte[EpollEventSize];
        BitConverter.TryWriteBytes(ev, Libc.EPOLLIN);
        BitConverter.TryWriteBytes(ev[EpollDataOffset..], pidfd);
        unsafe
        {
            fixed (byte* pointer = ev)
            {
                Libc.Check(Libc.epoll_ctl(epoll, Libc.EPOLL_CTL_ADD, pidfd, pointer), "epoll_ctl");
            }
        }

        return entry.Ended.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ended = true;
        thread.Join();
        foreach (var pidfd in watched.Keys)
        {
            _ = Libc.close(pidfd);
        }

        _ = Libc.close(epoll);
    }

    // struct epoll_event is packed on x86-64 only (sys/epoll.h).
    private static int EpollDataOffset => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? 4 : 8;

    private static int EpollEventSize => EpollDataOffset + 8;

    private static unsafe void Reap(int pid)
    {
        int status;
        _ = Libc.waitpid(pid, &status, Libc.WNOHANG);
    }

    private unsafe void Loop()
    {
        const int Most = 64;
        const int Patience = 500;
        var events = stackalloc byte[Most * 16];
        while (!ended)
        {
            var count = Libc.epoll_wait(epoll, events, Most, Patience);
            for (var i = 0; i < count; i++)
            {
                var pidfd = *(int*)(events + (i * EpollEventSize) + EpollDataOffset);
                if (watched.TryRemove(pidfd, out var entry))
                {
                    Reap(entry.Pid);
                    _ = Libc.close(pidfd);
                    entry.Ended.SetResult();
                }
            }
        }
    }

    private sealed record Watched(int Pid, TaskCompletionSource Ended);
}
