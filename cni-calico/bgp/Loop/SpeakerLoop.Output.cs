using System.Net.Sockets;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Interop;

namespace Podwire.BgpDaemon.Loop;

/// <content>Writing, and taking leave of connections.</content>
public sealed partial class SpeakerLoop
{
    /// <summary>Pieces below this size are copied together; larger ones are written where they lie.</summary>
    private const int LargePiece = 16 * 1024;

    /// <summary>So much is written to one neighbour before the others have their turn.</summary>
    private const int MostPerTurn = 4 * 1024 * 1024;
    private readonly List<PeerSocket> peers = [];
    private bool hasRead;
    private bool hasMore;

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
}
