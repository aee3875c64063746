using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Tests;

/// <summary>Real packets between a node's namespaces.</summary>
internal static class Traffic
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Gives the node a neighbour «outside» on a link of its own: the node is .1, the neighbour .2 of both networks.</summary>
    public static NetNamespace Outside(Node node)
    {
        var outside = node.Container("outside");
        node.Route.AddLink(new VethSpec("uplink", "eth0") { Up = true, PeerNamespace = outside });
        SetUp(node.Route, "uplink", "192.0.2.1/24", "2001:db8::1/64");
        node.Route.SetLink("lo", new LinkChange { Up = true });
        node.In("outside", s =>
        {
            SetUp(s, "eth0", "192.0.2.2/24", "2001:db8::2/64");
            return true;
        });
        return outside;
    }

    /// <summary>A TCP server that tells each client its address as the server sees it.</summary>
    public static Socket Serve(NetNamespace server, string address, int port)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), port);
        var listener = server.Run(() =>
        {
            var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(endpoint);
            socket.Listen();
            return socket;
        });
        new Thread(() => Answer(listener)) { IsBackground = true }.Start();
        return listener;
    }

    /// <summary>The address that the server sees the client come from; null if it does not answer.</summary>
    public static string? SeenFrom(NetNamespace client, string address, int port, TimeSpan? patience = null)
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), port);
        using var connection = client.Run(() => new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            if (!connection.ConnectAsync(endpoint).Wait(patience ?? Patience))
            {
                return null;
            }
        }
        catch (AggregateException)
        {
            return null;
        }

        connection.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        var buffer = new byte[100];
        var count = connection.Receive(buffer);
        return count == 0 ? null : Encoding.ASCII.GetString(buffer, 0, count);
    }

    /// <summary>A UDP socket bound in a namespace.</summary>
    public static Socket Udp(NetNamespace space, string address, int port) => space.Run(() =>
    {
        var endpoint = new IPEndPoint(IPAddress.Parse(address), port);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        socket.Bind(endpoint);
        return socket;
    });

    /// <summary>Sends a datagram to a port and true if that socket gets it.</summary>
    public static bool Reaches(Socket client, string address, int port, Socket server, int patienceMilliseconds = 5000)
    {
        var word = Guid.NewGuid().ToByteArray();
        client.SendTo(word, new IPEndPoint(IPAddress.Parse(address), port));
        var buffer = new byte[100];
        server.ReceiveTimeout = patienceMilliseconds;
        try
        {
            return server.Receive(buffer) == word.Length && buffer.AsSpan(0, word.Length).SequenceEqual(word);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
        {
            return false;
        }
    }

    private static void Answer(Socket listener)
    {
        try
        {
            while (true)
            {
                using var accepted = listener.Accept();
                accepted.Send(Encoding.ASCII.GetBytes(((IPEndPoint)accepted.RemoteEndPoint!).Address.ToString()));
            }
        }
        catch (SocketException)
        {
            // The test is over.
        }
        catch (ObjectDisposedException)
        {
            // Likewise.
        }
    }

    private static void SetUp(RouteSocket socket, string link, params string[] addresses)
    {
        var index = socket.GetLink(link)!.Index;
        foreach (var address in addresses)
        {
            var prefix = IpPrefix.Parse(address);
            socket.AddAddress(new AddressEntry(index, prefix) { Flags = prefix.Address.IsV6 ? AddressFlags.NoDad : AddressFlags.None });
        }

        socket.SetLink(index, new LinkChange { Up = true });
    }
}
