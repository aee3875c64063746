using System.Net;
using System.Net.Sockets;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Interop;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <content>Connections: opened, accepted, read, written, closed.</content>
public sealed partial class SpeakerLoop
{
    private const int ConnectMilliseconds = 15_000;
    private const int FarewellMilliseconds = 1_000;

    /// <summary>Pieces below this size are copied together; larger ones are written where they lie.</summary>
    private const int LargePiece = 16 * 1024;

    /// <summary>So much is written to one neighbour before the others have their turn.</summary>
    private const int MostPerTurn = 4 * 1024 * 1024;
    private readonly List<PeerSocket> peers = [];
    private bool hasRead;
    private bool hasMore;

    internal void Ready(PeerSocket peer, uint events, long now)
    {
        if (peer.Connecting is { } neighbor)
        {
            FinishConnecting(peer, neighbor, now);
            return;
        }

        if ((events & Libc.EPOLLOUT) != 0)
        {
            peer.IsBlocked = false;
            loop.Change(peer, Libc.EPOLLIN);
        }

        if ((events & ~Libc.EPOLLOUT) != 0)
        {
            Read(peer, now);
        }
    }

    private void Accept(Socket socket, long now)
    {
        var (remote, local) = (AddressOf(socket.RemoteEndPoint), AddressOf(socket.LocalEndPoint));
        var settings = SettingsOf(remote);
        var connection = settings is null ? null : speaker.Accept(remote, local, now);
        if (connection is null)
        {
            LoopLog.Refused(logger, remote, settings is null ? "no neighbour of that address is configured" : "its session is disabled or has connections enough");
            socket.Dispose();
            return;
        }

        wasDisturbed = true;
        var peer = new PeerSocket(socket, this, null, settings!);
        try
        {
            SocketOptions.Prepare(socket, remote.Family);
            if (settings!.Hops > 0)
            {
                SocketOptions.RequireHops(socket, remote.Family, settings.Hops);
            }
        }
        catch (SocketException e)
        {
            speaker.Closed(connection, e.Message, now);
            ended.Remove(connection);
            peer.Dispose();
            return;
        }

        Join(peer, connection);
        loop.Add(peer);
    }

    private void Join(PeerSocket peer, BgpConnection connection)
    {
        (peer.Connection, connection.Tag, peer.Connecting, peer.Deadline) = (connection, peer, null, long.MaxValue);
        if (!peers.Contains(peer))
        {
            peers.Add(peer);
        }
    }

    private void OpenWanted(long now)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        foreach (var neighbor in wanted.ToArray())
        {
            Open(neighbor, now);
        }

        wanted.Clear();
        wasDisturbed = true;
    }

    private void Open(Neighbor neighbor, long now)
    {
        var address = neighbor.Config.Address;
        var settings = SettingsOf(address)!;
        Socket? socket = null;
        try
        {
            socket = SocketOptions.Create(address.Family);
            SocketOptions.Prepare(socket, address.Family);
            if (settings.Hops > 0)
            {
                SocketOptions.RequireHops(socket, address.Family, settings.Hops);
            }

            if (settings.Password is { } password)
            {
                SocketOptions.SetPassword(socket, IpPrefix.Host(address), password);
            }

            if (!settings.Source.IsNone)
            {
                socket.Bind(new IPEndPoint(settings.Source.ToIPAddress(), 0));
            }

            Begin(socket, new IPEndPoint(address.ToIPAddress(), settings.Port));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            speaker.ConnectFailed(neighbor, $"connecting: {e.Message}", now);
            return;
        }

        var peer = new PeerSocket(socket, this, neighbor, settings) { Interest = Libc.EPOLLOUT, Deadline = now + ConnectMilliseconds };
        peers.Add(peer);
        loop.Add(peer);
    }

    private static void Begin(Socket socket, IPEndPoint target)
    {
        try
        {
            socket.Connect(target);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
    }

    private void FinishConnecting(PeerSocket peer, Neighbor neighbor, long now)
    {
        wasDisturbed = true;
        peer.Connecting = null;
        var error = SocketOptions.TakeError(peer.Socket);
        if (error != Errno.None)
        {
            Forget(peer);
            speaker.ConnectFailed(neighbor, $"connecting: {error.Describe()}", now);
            return;
        }

        var connection = speaker.Connected(neighbor, AddressOf(peer.Socket.LocalEndPoint), now);
        if (connection is null)
        {
            Forget(peer);
            return;
        }

        Join(peer, connection);
        loop.Change(peer, Libc.EPOLLIN);
    }

    private void Read(PeerSocket peer, long now)
    {
        var count = peer.Socket.Receive(buffer, SocketFlags.None, out var error);
        if (peer.Connection is not { } connection)
        {
            // At the end only the neighbour's closing is waited for.
            if (count == 0 && error != SocketError.WouldBlock)
            {
                Forget(peer);
            }

            return;
        }

        if (count > 0)
        {
            hasRead = true;
            if (connection.State != SessionState.Established)
            {
                // The neighbour may have connected before it wrote this: the speaker is to know of both connections when it judges one.
                listeners.ForEach(listener => listener.Ready(Libc.EPOLLIN, now));
            }

            speaker.Receive(connection, buffer.AsSpan(0, count), now);
        }
        else if (error != SocketError.WouldBlock)
        {
            peer.Connection = null;
            connection.Tag = null;
            Forget(peer);
            speaker.Closed(connection, error == SocketError.Success ? "the neighbour closed the connection" : $"reading: {Text(error)}", now);
        }
    }

    private void Write(long now)
    {
        hasMore = false;
        for (var i = peers.Count - 1; i >= 0; i--)
        {
            if (peers[i] is { IsBlocked: false, Connection: { } connection } peer)
            {
                Write(peer, connection, now);
            }
        }
    }

    private void Write(PeerSocket peer, BgpConnection connection, long now)
    {
        for (var written = 0; ;)
        {
            if (BgpSpeaker.Owes(connection))
            {
                speaker.Refill(connection);
            }

            if (connection.OutputLength == 0)
            {
                return;
            }

            if (written >= MostPerTurn)
            {
                hasMore = true;
                return;
            }

            if (!Send(peer, connection, now, out var count))
            {
                return;
            }

            written += count;
        }
    }

    /// <summary>Writes what goes at once; false if the socket takes no more or is broken, which reading will tell.</summary>
    private bool Send(PeerSocket peer, BgpConnection connection, long now, out int count)
    {
        var piece = connection.PeekOutput();
        var octets = piece.Length >= LargePiece || piece.Length == connection.OutputLength ? piece.Span : buffer.AsSpan(0, connection.CopyOutput(buffer));
        count = peer.Socket.Send(octets, SocketFlags.None, out var error);
        if (count > 0)
        {
            connection.AdvanceOutput(count, now);
        }

        if (error == SocketError.Success && count == octets.Length)
        {
            return true;
        }

        peer.IsBlocked = true;
        loop.Change(peer, Libc.EPOLLIN | (error is SocketError.Success or SocketError.WouldBlock ? Libc.EPOLLOUT : 0));
        return false;
    }

    /// <summary>Connections that the speaker has ended: the last words go out, and the neighbour gets time to read them.</summary>
    private void CloseEnded(long now)
    {
        foreach (var connection in ended)
        {
            if (connection.Tag is not PeerSocket peer)
            {
                continue;
            }

            (peer.Connection, connection.Tag) = (null, null);
            while (!peer.IsBlocked && connection.OutputLength > 0 && Send(peer, connection, now, out _))
            {
            }

            try
            {
                if (connection.OutputLength > 0)
                {
                    Forget(peer);
                    continue;
                }

                // Closed with something unread, TCP would reset and the last words could be lost.
                peer.Socket.Shutdown(SocketShutdown.Send);
                peer.Deadline = now + FarewellMilliseconds;
                nextTick = Math.Min(nextTick, peer.Deadline);
            }
            catch (SocketException)
            {
                Forget(peer);
            }
        }

        ended.Clear();
    }

    private void EndOverdue(long now)
    {
        foreach (var peer in peers.Where(peer => now >= peer.Deadline).ToArray())
        {
            Forget(peer);
            if (peer.Connecting is { } neighbor)
            {
                speaker.ConnectFailed(neighbor, "connecting: no answer", now);
            }
        }
    }

    private void Forget(PeerSocket peer)
    {
        peers.Remove(peer);
        loop.Close(peer);
    }

    private NeighborSettings? SettingsOf(IpAddress address) =>
        settings.TryGetValue(address, out var found) ? found : config.Ranges.FirstOrDefault(range => range.Range.Contains(address))?.Template;

    private static IpAddress AddressOf(EndPoint? end) => IpAddress.FromIPAddress(((IPEndPoint)end!).Address);

    private static string Text(SocketError error) => new SocketException((int)error).Message;
}
