using System.Net;
using System.Net.Sockets;
using Podwire.Bgp.Session;
using Podwire.BgpDaemon.Config;
using Podwire.BgpDaemon.Interop;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Loop;

/// <content>Connections: opened, accepted, read.</content>
public sealed partial class SpeakerLoop
{
    private const int ConnectMilliseconds = 15_000;
    private const int FarewellMilliseconds = 1_000;

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
