using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>Timers (RFC 4271 section 8).</content>
public sealed partial class BgpSpeaker
{
    /// <summary>Until the neighbour's OPEN has come, this much silence is borne (RFC 4271 section 8.2.2 suggests 4 minutes).</summary>
    private const int OpenHoldMilliseconds = 240_000;

    /// <summary>The least time without progress in writing after which a session ends (RFC 9687 section 3.2: the greater of 8 minutes and twice the hold time).</summary>
    private const int SendHoldMilliseconds = 480_000;
    private const byte SendHoldExpired = 8;

    /// <summary>Does what is due.</summary>
    public void Tick(long now)
    {
        if (IsDeferring && now >= Math.Min(deferralEnds, rangeReturned))
        {
            TickDeferral(now);
        }

        foreach (var neighbor in neighbors.Values.ToArray())
        {
            if (now >= neighbor.ConnectAt && !neighbor.IsDisabled)
            {
                neighbor.ConnectAt = Neighbor.Never;
                if (!neighbor.IsConnecting && neighbor.Session is null && neighbor.Connections.TrueForAll(IsSilent))
                {
                    TryConnect(neighbor, now);
                }
            }

            if (now >= neighbor.StaleUntil)
            {
                DropStale(neighbor, "its restart took too long");
                if (neighbor is { IsDynamic: true, Connections.Count: 0 })
                {
                    Forget(neighbor);
                }
            }

            foreach (var family in Families)
            {
                if (now >= neighbor.RefreshUntil[IndexOf(family)])
                {
                    EndRefresh(neighbor, family);
                    host.Report(neighbor, "the refresh that it began has no end; what it did not announce again is dropped");
                }
            }

            foreach (var connection in neighbor.Connections.ToArray())
            {
                TickConnection(connection, now);
            }
        }
    }

    /// <summary>When <see cref="Tick"/> has something to do next, in the host's milliseconds.</summary>
    public long NextDeadline()
    {
        var next = IsDeferring ? Math.Min(deferralEnds, rangeReturned) : Neighbor.Never;
        foreach (var neighbor in neighbors.Values)
        {
            next = Math.Min(next, Math.Min(neighbor.IsDisabled ? Neighbor.Never : neighbor.ConnectAt, neighbor.StaleUntil));
            next = Math.Min(next, Math.Min(neighbor.RefreshUntil[0], neighbor.RefreshUntil[1]));
            foreach (var connection in neighbor.Connections)
            {
                next = Math.Min(next, HoldDeadline(connection));
                next = Math.Min(next, connection.HasConfirmed && KeepaliveMilliseconds(connection) is > 0 and var keepalive ? connection.LastSent + keepalive : Neighbor.Never);
                next = Math.Min(next, connection.HeldBackUntil);
                next = Math.Min(next, connection.OutputLength > 0 ? connection.LastProgress + SendHold(connection) : Neighbor.Never);
            }
        }

        return next;
    }

    /// <summary>The neighbour opened it, and its OPEN has not come.</summary>
    private static bool IsSilent(BgpConnection connection) => connection is { IsOutgoing: false, State: SessionState.OpenSent };

    /// <summary>Connects, also beside connections of the neighbour's that have been silent for as long as a try lasts: perhaps nobody is at their other end.</summary>
    private void TryConnect(Neighbor neighbor, long now)
    {
        var due = neighbor.Connections.Count == 0 ? now : neighbor.Connections.Max(static connection => connection.Begun) + neighbor.Config.ConnectRetryMilliseconds;
        if (now < due)
        {
            neighbor.ConnectAt = due;
            return;
        }

        neighbor.IsConnecting = true;
        if (neighbor.Connections.Count == 0)
        {
            Move(neighbor, SessionState.Connect, "connecting", now);
        }

        host.Connect(neighbor);
    }

    private static long HoldDeadline(BgpConnection connection) => connection.Negotiated switch
    {
        null => connection.LastHeard + OpenHoldMilliseconds,
        { HoldSeconds: 0 } => Neighbor.Never,
        var agreed => connection.LastHeard + (agreed.HoldSeconds * 1000L),
    };

    private static long SendHold(BgpConnection connection) => Math.Max(SendHoldMilliseconds, (connection.Negotiated?.HoldSeconds ?? 0) * 2000L);

    private static long KeepaliveMilliseconds(BgpConnection connection)
    {
        var hold = connection.Negotiated?.HoldSeconds ?? 0;
        return hold == 0 ? 0 : Math.Min(connection.Neighbor.Config.KeepaliveSeconds * 1000L ?? long.MaxValue, hold * 1000L / 3);
    }

    private void TickConnection(BgpConnection connection, long now)
    {
        if (now >= HoldDeadline(connection))
        {
            Notify(connection, new NotificationMessage(BgpErrorCode.HoldTimerExpired, 0, []), "hold timer expired", now);
            return;
        }

        if (connection.OutputLength > 0 && now - connection.LastProgress >= SendHold(connection))
        {
            Notify(connection, new NotificationMessage((BgpErrorCode)SendHoldExpired, 0, []), "send hold timer expired: the neighbour does not read", now);
            return;
        }

        if (connection.HasConfirmed && KeepaliveMilliseconds(connection) is > 0 and var keepalive && now - connection.LastSent >= keepalive)
        {
            SendKeepalive(connection, now);
        }

        if (connection.State == SessionState.OpenConfirm && now >= connection.HeldBackUntil)
        {
            Confirm(connection, now);
        }
    }
}
