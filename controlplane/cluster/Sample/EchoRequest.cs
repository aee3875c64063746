using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Podwire.Cluster.Sample;

/// <summary>One request to the echo over a connection of its own, on the calling thread, so in its network namespace.</summary>
internal static class EchoRequest
{
    /// <summary>The name of the pod that answered.</summary>
    /// <exception cref="SocketException">Refused, timed out, or no echo.</exception>
    public static string Pod(string address, int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 2000, SendTimeout = 2000, NoDelay = true };
        Connect(socket, new IPEndPoint(IPAddress.Parse(address), port));
        socket.Send(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"));
        var text = new StringBuilder();
        var buffer = new byte[1024];
        for (int read; (read = socket.Receive(buffer)) > 0;)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        var words = text.ToString().Split("\r\n\r\n")[^1].Split(' ');
        return words is ["pod", var pod, "node", ..] ? pod : throw new SocketException((int)SocketError.ProtocolNotSupported);
    }

    /// <summary>Connects without going through the thread pool, whose threads are in another namespace.</summary>
    private static void Connect(Socket socket, IPEndPoint to)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(to);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(TimeSpan.FromSeconds(2), SelectMode.SelectWrite))
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            var error = (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            if (error != 0)
            {
                throw new SocketException(error);
            }
        }

        socket.Blocking = true;
    }
}
