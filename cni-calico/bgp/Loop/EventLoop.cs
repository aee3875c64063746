using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Podwire.BgpDaemon.Interop;

namespace Podwire.BgpDaemon.Loop;

/// <summary>One epoll instance: sockets by number, and work handed in from other threads.</summary>
internal sealed class EventLoop : IDisposable
{
    private const int MostEvents = 512;
    private readonly SafeFileHandle epoll = Libc.CreateEpoll();
    private readonly SafeFileHandle wake = Libc.CreateEvent();
    private readonly ConcurrentQueue<Action> posted = new();
    private readonly EpollEvent[] events = new EpollEvent[MostEvents];
    private LoopTarget?[] targets = new LoopTarget?[64];

    public EventLoop() => Libc.EpollControl(epoll, Libc.EPOLL_CTL_ADD, wake, Libc.EPOLLIN, -1);

    /// <summary>Milliseconds that never go back.</summary>
    public static long Now => Environment.TickCount64;

    public void Add(LoopTarget target)
    {
        if (target.Number >= targets.Length)
        {
            Array.Resize(ref targets, Math.Max(target.Number + 1, targets.Length * 2));
        }

        targets[target.Number] = target;
        Libc.EpollControl(epoll, Libc.EPOLL_CTL_ADD, target.Socket.SafeHandle, target.Interest, target.Number);
    }

    public void Change(LoopTarget target, uint interest)
    {
        if (target.Interest != interest)
        {
            target.Interest = interest;
            Libc.EpollControl(epoll, Libc.EPOLL_CTL_MOD, target.Socket.SafeHandle, interest, target.Number);
        }
    }

    /// <summary>Forgets a target and closes it; closing takes it out of the epoll instance.</summary>
    public void Close(LoopTarget target)
    {
        if (targets[target.Number] == target)
        {
            targets[target.Number] = null;
        }

        target.Dispose();
    }

    /// <summary>Runs work on the loop's thread, soon. From any thread.</summary>
    public void Post(Action work)
    {
        posted.Enqueue(work);
        Libc.Signal(wake);
    }

    /// <summary>Waits and lets the targets that are ready do their work; true if there were any.</summary>
    public bool Turn(int milliseconds)
    {
        var count = Libc.EpollWait(epoll, events, milliseconds);
        var now = Now;
        for (var i = 0; i < count; i++)
        {
            var number = events[i].Data;
            if (number < 0)
            {
                Libc.ClearSignal(wake);
                while (posted.TryDequeue(out var work))
                {
                    work();
                }
            }
            else
            {
                // One that another has closed in this turn is gone from the table.
                targets[number]?.Ready(events[i].Events, now);
            }
        }

        return count > 0;
    }

    public void Dispose()
    {
        foreach (var target in targets)
        {
            target?.Dispose();
        }

        epoll.Dispose();
        wake.Dispose();
    }
}
