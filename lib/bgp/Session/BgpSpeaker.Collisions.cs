using Podwire.Bgp.Wire;

namespace Podwire.Bgp.Session;

/// <content>
/// Two connections of one neighbour (RFC 4271 section 6.8): the one stays that the end with the higher identifier opened, the dominant end.
/// That rule alone may take down both: each end judges when an OPEN reaches it, and an end that is Established keeps its session whatever the
/// rule says, while the other end, which has not read the last KEEPALIVE yet, closes that very connection. So a connection that would lose goes
/// no further while the other is being opened, and once its KEEPALIVE is out the dominant end decides, as what it sends next shows.
/// </content>
public sealed partial class BgpSpeaker
{
    /// <summary>A connection that stands so soon after the session was established was opened before that, in milliseconds.</summary>
    private const int AtOnceMilliseconds = 2_000;

    /// <summary>So long a connection waits for one that the dominant end has opened, in milliseconds: that one may hang.</summary>
    private const int RivalMilliseconds = 5_000;

    /// <summary>
    /// Whether a connection whose OPEN has come may go on; if not it is closed, and if so those that lose to it are. A connection besides an
    /// established session is refused, unless the neighbour restarts gracefully: then it is the session that is gone (RFC 4724 section 5). It
    /// does not if both connections were opened at once.
    /// </summary>
    private bool IsKept(BgpConnection connection, OpenMessage open, long now)
    {
        foreach (var other in connection.Neighbor.Connections.ToArray())
        {
            if (other == connection || other.State == SessionState.OpenSent)
            {
                continue;
            }

            if (other.State == SessionState.Established && open.Capabilities.GracefulRestart is { } restart && other.Negotiated!.PeerRestart is not null
                && (restart.IsRestarting || connection.Begun > connection.Neighbor.Since + AtOnceMilliseconds))
            {
                End(other, "the neighbour restarted", now, keepsRoutes: true);
                continue;
            }

            if (other.State == SessionState.Established || IsOfDominant(other, open))
            {
                Notify(connection, NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution), "the other connection is kept", now);
                return false;
            }

            if (!other.HasConfirmed)
            {
                Notify(other, NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution), "the other connection is kept", now);
            }
        }

        return true;
    }

    /// <summary>Takes a connection in OpenConfirm as far towards Established as a rival lets it.</summary>
    private void Confirm(BgpConnection connection, long now)
    {
        if ((connection.HasConfirmed && !connection.IsConfirmed) || IsHeldBack(connection, now))
        {
            return;
        }

        if (!connection.HasConfirmed)
        {
            connection.HasConfirmed = true;
            SendKeepalive(connection, now);
        }

        if (connection.IsConfirmed)
        {
            Establish(connection, now);
        }
    }

    /// <summary>Whether the dominant end is opening another connection; not for ever.</summary>
    private bool IsHeldBack(BgpConnection connection, long now)
    {
        if (IsOfDominant(connection, connection.PeerOpen!) || !connection.Neighbor.Connections.Exists(other => other != connection && IsOfDominant(other, connection.PeerOpen!)))
        {
            return false;
        }

        connection.HeldBackUntil = connection.HeldBackUntil == Neighbor.Never ? now + RivalMilliseconds : connection.HeldBackUntil;
        return now < connection.HeldBackUntil;
    }

    /// <summary>Whether the end with the higher identifier has opened a connection; of two equal ones the end with the higher AS (RFC 6286 section 2.3).</summary>
    private bool IsOfDominant(BgpConnection connection, OpenMessage open) =>
        connection.IsOutgoing == (config.RouterIdValue, OwnOpen(connection.Neighbor).Asn).CompareTo(((uint)open.RouterId.Value, open.Asn)) > 0;
}
