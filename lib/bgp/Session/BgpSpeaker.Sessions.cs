using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>Connections (RFC 4271 section 8).</content>
public sealed partial class BgpSpeaker
{
    /// <summary>A session of this length was a good one, in milliseconds.</summary>
    private const int LastingMilliseconds = 60_000;

    /// <summary>A neighbour has connected; null refuses it: unknown, disabled, or with more connections than make sense.</summary>
    public BgpConnection? Accept(IpAddress remote, IpAddress local, long now)
    {
        if (!neighbors.TryGetValue(remote, out var neighbor))
        {
            var range = ranges.FindIndex(entry => entry.Range.Contains(remote));
            if (range < 0)
            {
                return null;
            }

            var template = ranges[range].Template with { Address = remote };
            neighbor = new Neighbor(template, NewPeer(template), isDynamic: true);
            neighbors.Add(remote, neighbor);
            Move(neighbor, SessionState.Active, "in a range of neighbours", now);
        }

        // A neighbour that opens another connection has given up the one that it opened before, and what it said of that never came here: it was dropped
        // for its hop limit or its signature, or the neighbour was switched off.
        var given = neighbor.Connections.FindAll(static other => other is { IsOutgoing: false, State: < SessionState.Established });
        if (neighbor.IsDisabled || neighbor.Connections.Count - given.Count >= 2)
        {
            return null;
        }

        var begun = Begin(neighbor, isOutgoing: false, local, now);
        given.ForEach(other => End(other, "the neighbour opened another connection", now, keepsRoutes: true));
        return begun;
    }

    /// <summary>A connection that <see cref="ISpeakerHost.Connect"/> asked for stands; null if it is not wanted any more.</summary>
    public BgpConnection? Connected(Neighbor neighbor, IpAddress local, long now)
    {
        neighbor.IsConnecting = false;
        // One that the neighbour has opened and that has come as far as its OPEN makes this one superfluous.
        var isWanted = !neighbor.IsDisabled && !neighbor.Connections.Exists(static other => other.State > SessionState.OpenSent) && neighbors.ContainsValue(neighbor);
        return isWanted ? Begin(neighbor, isOutgoing: true, local, now) : null;
    }

    /// <summary>A connection that was asked for could not be opened.</summary>
    public void ConnectFailed(Neighbor neighbor, string reason, long now)
    {
        neighbor.IsConnecting = false;
        if (neighbor.Connections.Count == 0)
        {
            neighbor.LastError = reason;
            Move(neighbor, SessionState.Active, reason, now);
        }

        neighbor.ConnectAt = now + neighbor.Config.ConnectRetryMilliseconds;
    }

    /// <summary>The other end, or the network, has closed a connection.</summary>
    public void Closed(BgpConnection connection, string reason, long now)
    {
        if (connection.State != SessionState.Idle)
        {
            End(connection, reason, now, keepsRoutes: true);
        }
    }

    /// <summary>Octets have come.</summary>
    public void Receive(BgpConnection connection, ReadOnlySpan<byte> data, long now)
    {
        try
        {
            var rest = connection.Join(data);
            while (connection.State != SessionState.Idle
                && MessageHeader.TryRead(rest, connection.Negotiated?.ExtendedMessages == true ? MessageHeader.LongestExtendedMessage : MessageHeader.LongestMessage, out var type, out var length))
            {
                connection.LastHeard = now;
                connection.Neighbor.MessagesIn++;
                Handle(connection, type, rest[MessageHeader.Size..length], now);
                rest = rest[length..];
            }

            connection.Keep(rest);
        }
        catch (BgpProtocolException error)
        {
            var (neighbor, wasSession) = (connection.Neighbor, connection.Neighbor.Session == connection);
            neighbor.Faults = wasSession && now - neighbor.Since < LastingMilliseconds ? neighbor.Faults + 1 : 1;
            Notify(connection, NotificationMessage.Of(error), error.Message, now);
            if (wasSession && neighbor.ConnectAt != Neighbor.Never)
            {
                // It would send the same again: no faster than that (RFC 4271 section 8.1.1, DampPeerOscillations).
                neighbor.ConnectAt = now + (neighbor.Config.ErrorWaitMilliseconds * Math.Min(6, 1 << Math.Min(3, neighbor.Faults)));
            }
        }
    }

    private BgpConnection Begin(Neighbor neighbor, bool isOutgoing, IpAddress local, long now)
    {
        var connection = new BgpConnection(neighbor, isOutgoing, local, now);
        neighbor.Connections.Add(connection);
        Send(connection, OwnOpen(neighbor).ToMessage(), now);
        if (neighbor.State < SessionState.OpenSent)
        {
            Move(neighbor, SessionState.OpenSent, isOutgoing ? "connected" : "accepted a connection", now);
        }

        return connection;
    }

    private OpenMessage OwnOpen(Neighbor neighbor)
    {
        var agreed = neighbor.Config;
        var asn = agreed.LocalAsn == 0 ? config.Asn : agreed.LocalAsn;
        return new OpenMessage(asn, agreed.HoldSeconds, config.RouterId, new Capabilities
        {
            V4 = agreed.V4,
            V6 = agreed.V6,
            RouteRefresh = true,
            EnhancedRouteRefresh = true,
            ExtendedMessage = agreed.ExtendedMessages,
            FourOctetAs = agreed.FourOctetAs ? asn : null,
            GracefulRestart = agreed.RestartSeconds > 0 ? new(agreed.RestartSeconds, IsDeferring, agreed.V4, agreed.V6, true, true) : null,
            AddPathV4 = agreed.V4 ? agreed.AddPath : AddPathMode.None,
            AddPathV6 = agreed.V6 ? agreed.AddPath : AddPathMode.None,
        });
    }

    private static void Send(BgpConnection connection, byte[] message, long now)
    {
        connection.LastProgress = connection.OutputLength == 0 ? now : connection.LastProgress;
        connection.Output.Add(message);
        connection.LastSent = now;
    }

    private static void SendKeepalive(BgpConnection connection, long now) => Send(connection, MessageHeader.Keepalive.ToArray(), now);

    /// <summary>Says why, and ends the connection.</summary>
    private void Notify(BgpConnection connection, NotificationMessage message, string reason, long now)
    {
        Send(connection, message.ToMessage(), now);
        End(connection, $"sent {message}: {reason}", now, keepsRoutes: false);
    }

    /// <summary>Takes a connection down, and with it the session if it was the session's.</summary>
    private void End(BgpConnection connection, string reason, long now, bool keepsRoutes)
    {
        var neighbor = connection.Neighbor;
        var wasSession = neighbor.Session == connection;
        LeaveGroups(connection);
        connection.State = SessionState.Idle;
        neighbor.Connections.Remove(connection);
        host.Close(connection);
        if (wasSession)
        {
            neighbor.Session = null;
            neighbor.RefreshUntil.AsSpan().Fill(Neighbor.Never);
            Lose(neighbor, connection, keepsRoutes, now);
        }

        if (neighbor.Connections.Count > 0)
        {
            Move(neighbor, neighbor.Connections.Max(other => other.State), reason, now);
            if (neighbor.Connections.Find(static other => other.State == SessionState.OpenConfirm && other.HeldBackUntil != Neighbor.Never) is { } waiting)
            {
                Confirm(waiting, now);
            }

            if (neighbor is { Session: null, IsDisabled: false, Config.IsPassive: false })
            {
                neighbor.ConnectAt = Math.Min(neighbor.ConnectAt, now + neighbor.Config.ConnectRetryMilliseconds);
            }

            return;
        }

        neighbor.LastError = reason;
        // Without a NOTIFICATION the transport failed, not the speakers: the next try is as soon as after one that was refused (RFC 4271 section 8.2.2, event 18).
        var isTransport = wasSession || keepsRoutes;
        neighbor.ErrorsInARow = isTransport ? 0 : neighbor.ErrorsInARow + 1;
        Move(neighbor, neighbor.IsDisabled ? SessionState.Idle : SessionState.Active, reason, now);
        var factor = Math.Min(6, 1 << Math.Min(3, neighbor.ErrorsInARow));
        neighbor.ConnectAt = neighbor.Config.IsPassive || neighbor.IsDisabled ? Neighbor.Never : now + (isTransport ? neighbor.Config.ConnectRetryMilliseconds : neighbor.Config.ErrorWaitMilliseconds * factor);
        if (neighbor is { IsDynamic: true, HasStaleRoutes: false })
        {
            Forget(neighbor);
        }
    }

    private void Stop(Neighbor neighbor, NotificationMessage message, string reason, long now, bool keepsRoutes)
    {
        foreach (var connection in neighbor.Connections.ToArray())
        {
            Send(connection, message.ToMessage(), now);
            End(connection, reason, now, keepsRoutes);
        }

        if (!keepsRoutes && neighbor.HasStaleRoutes)
        {
            DropStale(neighbor, reason);
        }
    }
}
