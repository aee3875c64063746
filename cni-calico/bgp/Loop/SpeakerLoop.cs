using Microsoft.Extensions.Logging;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Kernel;
using Podwire.BgpDaemon.State;
using Podwire.Netlink.Route;

namespace Podwire.BgpDaemon.Loop;

/// <summary>
/// Puts sockets and a clock around a <see cref="BgpSpeaker"/>: one thread, one epoll loop. A turn reads from all that have something, then tells the
/// neighbours what changed, then writes. While more is there to read, telling waits a little, so that messages fill.
/// </summary>
public sealed partial class SpeakerLoop : ISpeakerHost, IDisposable
{
    /// <summary>Reading goes on for so long before the neighbours are told.</summary>
    private const int LongestReadingMilliseconds = 10;
    private const int LongestWaitMilliseconds = 1000;
    private readonly EventLoop loop = new();
    private readonly ILogger logger;
    private readonly BgpSpeaker speaker;
    private readonly KernelRoutes? kernel;
    private readonly RouteWatch? watch;
    private readonly StateServer? state;
    private readonly bool isRestart;
    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);
    private ReflectorConfig config;
    private long nextTick;
    private volatile bool ends;

    /// <summary>Opens listeners and the state socket; nothing is sent before <see cref="Run"/>.</summary>
    /// <exception cref="IOException">An address or path cannot be had; the message names it.</exception>
    public SpeakerLoop(ReflectorConfig config, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(config);
        (this.config, this.logger) = (config, logger);
        try
        {
            var now = EventLoop.Now;
            if (config.StateSocket.Length > 0)
            {
                state = StateServer.Open(config.StateSocket, loop, StateOf);
            }

            isRestart = state?.WasLeftBehind == true && config.EndsGracefully;
            // Before the routes are read: what changes after that is told.
            watch = config.Kernel ? new RouteWatch(Seen, logger) : null;
            kernel = config.Kernel ? new KernelRoutes(logger, config.Multipath) { Except = config.KernelExcept } : null;
            isRestart |= kernel?.Adopted > 0 && config.EndsGracefully;
            speaker = new BgpSpeaker(config.Speaker with { IsRestarting = isRestart }, this, now);
            if (isRestart)
            {
                LoopLog.Restarting(logger, config.Speaker.DeferralMilliseconds / 1000);
            }

            OpenListeners(config);
            foreach (var neighbor in config.Neighbors)
            {
                speaker.Add(neighbor.Session, now);
            }

            foreach (var range in config.Ranges)
            {
                speaker.AddRange(range.Range, range.Template.Session);
            }

            foreach (var network in config.Networks)
            {
                speaker.Originate(network);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Runs until <see cref="End"/>.</summary>
    public void Run()
    {
        while (!ends)
        {
            var more = loop.Turn(Timeout());
            if (more)
            {
                var began = EventLoop.Now;
                while (hasRead && EventLoop.Now - began < LongestReadingMilliseconds)
                {
                    hasRead = false;
                    loop.Turn(0);
                }
            }

            hasRead = false;
            Settle(EventLoop.Now);
        }
    }

    /// <summary>Ends <see cref="Run"/> after its turn. From any thread.</summary>
    public void End() => loop.Post(() => ends = true);

    /// <summary>Asks the loop's thread and waits for its answer; null if it does not answer within the time.</summary>
    public T? Ask<T>(Func<T> question, TimeSpan time)
        where T : class
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => answer.SetResult(question()));
        return answer.Task.Wait(time) ? answer.Task.Result : null;
    }

    /// <summary>Says goodbye with a reason (RFC 9003), and waits a second for the neighbours to have read it.</summary>
    public void Shutdown(string text)
    {
        speaker.Shutdown(text, EventLoop.Now);
        Settle(EventLoop.Now);
        var until = EventLoop.Now + LongestWaitMilliseconds;
        while (peers.Count > 0 && EventLoop.Now < until)
        {
            loop.Turn(100);
            Settle(EventLoop.Now);
        }

        state?.Forget();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        watch?.Dispose();
        kernel?.Dispose();
        loop.Dispose();
    }

    private void Seen(IReadOnlyList<RouteNotification> notifications) => loop.Post(() =>
    {
        foreach (var notification in notifications)
        {
            kernel?.Seen(notification);
        }
    });

    private int Timeout()
    {
        if (hasMore || kernel?.HasWork == true)
        {
            return 0;
        }

        return (int)Math.Clamp(nextTick - EventLoop.Now, 0, LongestWaitMilliseconds);
    }

    /// <summary>Does what reading and time have made due.</summary>
    private void Settle(long now)
    {
        if (now >= nextTick || wasDisturbed)
        {
            wasDisturbed = false;
            speaker.Tick(now);
            EndOverdue(now);
            nextTick = Math.Min(now + LongestWaitMilliseconds, speaker.NextDeadline());
        }

        speaker.Flush();
        Write(now);
        CloseEnded(now);
        OpenWanted(now);
        if (kernel is not null)
        {
            if (!speaker.IsDeferring)
            {
                kernel.PruneAt(now + (isRestart ? 0 : config.Speaker.DeferralMilliseconds));
            }

            kernel.Apply(speaker, now);
        }
    }
}
