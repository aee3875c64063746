using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>What each message does in each state.</content>
public sealed partial class BgpSpeaker
{
    /// <summary>The longest wait for the end of a refresh that a neighbour has begun, in milliseconds.</summary>
    private const int RefreshMilliseconds = 360_000;

    private void Handle(BgpConnection connection, BgpMessageType type, ReadOnlySpan<byte> body, long now)
    {
        switch (type)
        {
            case BgpMessageType.Notification:
                var notification = NotificationMessage.Read(body);
                // After a NOTIFICATION routes are kept only where both ends said so (RFC 8538), which this speaker does not.
                End(connection, $"received {notification}", now, keepsRoutes: false);
                break;
            case BgpMessageType.Open when connection.State == SessionState.OpenSent:
                HandleOpen(connection, OpenMessage.Read(body), now);
                break;
            case BgpMessageType.Keepalive when connection.State == SessionState.OpenConfirm:
                connection.IsConfirmed = true;
                Confirm(connection, now);
                break;
            case BgpMessageType.Update or BgpMessageType.RouteRefresh when connection is { State: SessionState.OpenConfirm, HasConfirmed: true, IsConfirmed: true }:
                // Held back for another connection: with this the neighbour says which it has established.
                Establish(connection, now);
                Handle(connection, type, body, now);
                break;
            case BgpMessageType.Keepalive when connection.State == SessionState.Established:
                break;
            case BgpMessageType.Update when connection.State == SessionState.Established:
                HandleUpdate(connection, body);
                break;
            case BgpMessageType.RouteRefresh when connection.State == SessionState.Established:
                HandleRefresh(connection, body, now);
                break;
            default:
                var subcode = connection.State switch
                {
                    SessionState.OpenSent => BgpSubcode.StateOpenSent,
                    SessionState.OpenConfirm => BgpSubcode.StateOpenConfirm,
                    _ => BgpSubcode.StateEstablished,
                };
                throw new BgpProtocolException(BgpErrorCode.FiniteStateMachine, subcode, $"{type} in state {connection.State}", [(byte)type]);
        }
    }

    private void HandleOpen(BgpConnection connection, OpenMessage open, long now)
    {
        var neighbor = connection.Neighbor;
        var agreed = neighbor.Config;
        if (!agreed.FourOctetAs && open.Asn > ushort.MaxValue)
        {
            // A speaker of two octets does not see the capability that has the true number.
            open = open with { Asn = OpenMessage.AsTrans };
        }

        if (agreed.Asn != 0 && open.Asn != agreed.Asn)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenBadPeerAs, $"the neighbour is AS {open.Asn}, configured is {agreed.Asn}");
        }

        var own = OwnOpen(neighbor);
        if (open.RouterId == config.RouterId && open.Asn == own.Asn)
        {
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenBadIdentifier, $"the neighbour has our own identifier {open.RouterId}");
        }

        connection.PeerOpen = open;
        connection.Negotiated = Negotiated.Of(own.Capabilities, open, agreed.HoldSeconds);
        if (!connection.Negotiated.V4 && !connection.Negotiated.V6)
        {
            // The data are the capabilities that are missed (RFC 5492 section 5).
            Span<byte> missed = stackalloc byte[16];
            var length = new Capabilities { V4 = agreed.V4, V6 = agreed.V6 }.Write(missed);
            throw new BgpProtocolException(BgpErrorCode.OpenMessage, BgpSubcode.OpenUnsupportedCapability, "no address family is common to both", missed[..length].ToArray());
        }

        if (!IsKept(connection, open, now))
        {
            return;
        }

        connection.State = SessionState.OpenConfirm;
        if (neighbor.Session is null)
        {
            Move(neighbor, SessionState.OpenConfirm, "open accepted", now);
        }

        Confirm(connection, now);
    }

    private void Establish(BgpConnection connection, long now)
    {
        var neighbor = connection.Neighbor;
        connection.HeldBackUntil = Neighbor.Never;
        foreach (var other in neighbor.Connections.Where(other => other != connection).ToArray())
        {
            Notify(other, NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution), "the other connection is kept", now);
        }

        var open = connection.PeerOpen!;
        connection.State = SessionState.Established;
        (neighbor.Session, neighbor.Open, neighbor.ErrorsInARow, neighbor.ConnectAt, neighbor.LastError) = (connection, open, 0, Neighbor.Never, string.Empty);
        neighbor.EstablishedCount++;
        neighbor.HasEndOfRib.AsSpan().Clear();

        // The identifier decides between paths, and for a range the AS becomes known only now.
        neighbor.Peer = ReplacePeer(neighbor, neighbor.Config with { Asn = open.Asn }, (uint)open.RouterId.Value);
        Return(neighbor, connection.Negotiated!, now);
        AwaitRange(now);
        JoinGroups(connection);
        Move(neighbor, SessionState.Established, "established", now);
    }

    /// <summary>A refresh has ended: what was not announced again is gone (RFC 7313 section 4).</summary>
    private void EndRefresh(Neighbor neighbor, IpFamily family)
    {
        neighbor.RefreshUntil[IndexOf(family)] = Neighbor.Never;
        neighbor.Prefixes -= Rib(family).Drop(neighbor.Peer.Index, staleOnly: true);
    }

    private void HandleRefresh(BgpConnection connection, ReadOnlySpan<byte> body, long now)
    {
        if (!RouteRefreshMessage.TryRead(body, out var family, out var subtype) || !connection.Negotiated!.Speaks(family))
        {
            return;
        }

        var neighbor = connection.Neighbor;
        switch (subtype)
        {
            case RouteRefreshMessage.Request when connection.Exports[IndexOf(family)] is { } export:
                connection.Groups[IndexOf(family)]!.Refresh(export, connection.Negotiated.EnhancedRouteRefresh);
                break;
            case RouteRefreshMessage.Begin when connection.Negotiated.EnhancedRouteRefresh:
                Rib(family).MarkStale(neighbor.Peer.Index);
                neighbor.RefreshUntil[IndexOf(family)] = now + RefreshMilliseconds;
                break;
            case RouteRefreshMessage.End when neighbor.RefreshUntil[IndexOf(family)] != Neighbor.Never:
                EndRefresh(neighbor, family);
                break;
        }
    }
}
