using System.Diagnostics;
using Podwire.Bgp.Wire;
using Podwire.BgpBench.Interop;

namespace Podwire.BgpBench;

/// <summary>All clients of a reflector on one thread: brings the sessions up, announces, withdraws, and waits for what must come of it.</summary>
internal sealed class Feeder : IDisposable
{
    private static readonly TimeSpan Keepalive = TimeSpan.FromSeconds(20);
    private readonly Epoll epoll = new();
    private readonly FeedSession[] sessions;
    private readonly RoutePlan plan;
    private long keptAlive = Stopwatch.GetTimestamp();

    public Feeder(RoutePlan plan)
    {
        this.plan = plan;
        Ledger = new Ledger(plan);
        sessions = [.. Enumerable.Range(0, plan.Clients).Select(client => new FeedSession(client, epoll, Ledger))];
    }

    public Ledger Ledger { get; }

    /// <summary>
    /// Opens all sessions, as often as it takes. Returns how many had to be opened again because the daemon took the connection and then ended it,
    /// or said nothing for five seconds.
    /// </summary>
    /// <exception cref="TimeoutException">Not all are up in time, or the daemon ended.</exception>
    public int Connect(Lab lab, TimeSpan limit)
    {
        var (began, again, waiting) = (Stopwatch.StartNew(), 0, sessions);
        while (true)
        {
            lab.Clients.Run(() => Array.ForEach(waiting, static session => session.Open()));
            Turn(() => Array.TrueForAll(sessions, static session => session.IsUp || session.End is not null), TimeSpan.FromSeconds(5));
            waiting = [.. sessions.Where(static session => !session.IsUp)];
            if (waiting.Length == 0)
            {
                return again;
            }

            again += waiting.Count(static session => !session.WasRefused);
            if (began.Elapsed > limit || !lab.IsRunning)
            {
                throw new TimeoutException($"{waiting.Length} of {sessions.Length} sessions do not come up: {waiting[0].End ?? "no answer"}");
            }

            Rest(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>
    /// Sends every announcer's UPDATEs and waits until all others have been told. The time from the first octet to the last delivery; null after
    /// the limit, or if a session ended.
    /// </summary>
    public TimeSpan? Change(byte med, TimeSpan limit)
    {
        var messages = Enumerable.Range(0, plan.Announcers).Select(client => RoutePlan.Updates(client, client * plan.Each, plan.Each, med)).ToArray();
        Ledger.Expect(0, plan.Prefixes, med);
        var began = Stopwatch.GetTimestamp();
        for (var client = 0; client < messages.Length; client++)
        {
            sessions[client].Send(messages[client]);
        }

        return Await(began, limit);
    }

    /// <summary>As <see cref="Change"/> for one prefix.</summary>
    public TimeSpan? ChangeOne(int prefix, byte med, TimeSpan limit)
    {
        var client = prefix / plan.Each;
        var message = RoutePlan.Updates(client, prefix, 1, med);
        Ledger.Expect(prefix, 1, med);
        var began = Stopwatch.GetTimestamp();
        sessions[client].Send(message);
        return Await(began, limit);
    }

    /// <summary>Reads on for a while: what comes now was not owed.</summary>
    public void Rest(TimeSpan time) => Turn(static () => false, time);

    /// <summary>The first session that ended, and why; null if all stand.</summary>
    public string? Broken => Array.FindIndex(sessions, static session => session.End is not null) is >= 0 and var client ? $"client {client + 1}: {sessions[client].End}" : null;

    public void Dispose()
    {
        Array.ForEach(sessions, static session => session.Dispose());
        epoll.Dispose();
    }

    private TimeSpan? Await(long began, TimeSpan limit) =>
        Turn(() => Ledger.Missing == 0, limit) ? Stopwatch.GetElapsedTime(began, Ledger.Reached) : null;

    private bool Turn(Func<bool> isDone, TimeSpan limit)
    {
        var began = Stopwatch.GetTimestamp();
        while (!isDone())
        {
            var left = limit - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            foreach (ref readonly var ready in epoll.Wait((int)Math.Clamp(Math.Ceiling(left.TotalMilliseconds), 1, 1000)))
            {
                sessions[ready.Data].Ready(ready.Events);
            }

            if (Stopwatch.GetElapsedTime(keptAlive) > Keepalive)
            {
                keptAlive = Stopwatch.GetTimestamp();
                foreach (var session in sessions.Where(static session => session.IsUp && !session.IsSending))
                {
                    session.Send(MessageHeader.Keepalive);
                }
            }
        }

        return true;
    }
}
