using System.Net;
using System.Net.Sockets;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Explain;

/// <summary>Tries connections for real, from the network namespaces of their clients.</summary>
/// <param name="machine">Where the clients and servers are.</param>
internal sealed class Probe(MachineNamespaces machine)
{
    private const int AtOnce = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenDatagrams = TimeSpan.FromMilliseconds(200);

    /// <summary>Tries all of them at once.</summary>
    /// <returns>For each: whether it came through, a refusal by the server included; null where that cannot be told from this machine.</returns>
    public async Task<bool?[]> TryAsync(IReadOnlyList<(IpAddress Client, IpAddress Server)> pairs, IpProtocol protocol, ushort port)
    {
        using var room = new SemaphoreSlim(AtOnce);
        var listeners = new Dictionary<IpAddress, Listener?>();
        try
        {
            if (protocol == IpProtocol.Udp)
            {
                foreach (var (_, server) in pairs)
                {
                    if (!listeners.ContainsKey(server))
                    {
                        listeners[server] = Listen(server, port);
                    }
                }
            }

            var tries = new List<Task<bool?>>();
            foreach (var (client, server) in pairs)
            {
                tries.Add(OneAsync(client, server));
            }

            return await Task.WhenAll(tries).ConfigureAwait(false);
        }
        finally
        {
            foreach (var listener in listeners.Values)
            {
                listener?.Dispose();
            }
        }

        async Task<bool?> OneAsync(IpAddress client, IpAddress server)
        {
            if (machine.At(client) is not { } ns || protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
            {
                return null;
            }

            await room.WaitAsync().ConfigureAwait(false);
            try
            {
                var isTcp = protocol == IpProtocol.Tcp;
                var family = client.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
                using var socket = ns.Run(() => new Socket(family, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp));
                socket.Bind(new IPEndPoint(client.ToIPAddress(), 0));
                return isTcp ? await ConnectsAsync(socket, server, port).ConfigureAwait(false) : await ArrivesAsync(socket, server, port, listeners[server]).ConfigureAwait(false);
            }
            finally
            {
                room.Release();
            }
        }
    }

    private static async Task<bool?> ConnectsAsync(Socket socket, IpAddress server, ushort port)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await socket.ConnectAsync(server.ToIPAddress(), port, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (SocketException e)
        {
            // Only the server itself refuses: policies drop.
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<bool?> ArrivesAsync(Socket socket, IpAddress server, ushort port, Listener? listener)
    {
        using var limit = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(server.ToIPAddress(), port, limit.Token).ConfigureAwait(false);
        var answer = new byte[1];
        while (!limit.IsCancellationRequested)
        {
            try
            {
                await socket.SendAsync("?"u8.ToArray(), limit.Token).ConfigureAwait(false);
                using var once = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
                once.CancelAfter(BetweenDatagrams);
                await socket.ReceiveAsync(answer, once.Token).ConfigureAwait(false);
                return true;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                // An ICMP «port unreachable» of the server.
                return true;
            }
            catch (OperationCanceledException)
            {
                if (listener?.HasSeen((IPEndPoint)socket.LocalEndPoint!) == true)
                {
                    return true;
                }
            }
        }

        // A server of somebody else that keeps silent cannot be told from one that nothing reaches.
        return listener is null ? null : false;
    }

    private Listener? Listen(IpAddress server, ushort port)
    {
        if (machine.At(server) is not { } ns)
        {
            return null;
        }

        var socket = ns.Run(() => new Socket(server.IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        try
        {
            socket.Bind(new IPEndPoint(server.ToIPAddress(), port));
            return new(socket);
        }
        catch (SocketException)
        {
            // The pod itself listens there.
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Remembers whose datagrams arrive.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly Socket socket;
        private readonly HashSet<IPEndPoint> seen = [];

        public Listener(Socket socket)
        {
            this.socket = socket;
            _ = ReceiveAsync();
        }

        public bool HasSeen(IPEndPoint client)
        {
            lock (seen)
            {
                return seen.Contains(client);
            }
        }

        public void Dispose() => socket.Dispose();

        private async Task ReceiveAsync()
        {
            var buffer = new byte[64];
            try
            {
                while (true)
                {
                    var from = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
                    var received = await socket.ReceiveFromAsync(buffer, from).ConfigureAwait(false);
                    lock (seen)
                    {
                        seen.Add((IPEndPoint)received.RemoteEndPoint);
                    }
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The probe is over.
            }
        }
    }
}
