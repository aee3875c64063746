using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Podwire.Echo;

/// <summary>One HTTP/1.1 connection (RFC 9112): requests without a body, answered in order until the client closes.</summary>
internal sealed class EchoConnection(Socket client, string pod, string node)
{
    private const int LongestHead = 8192;

    /// <summary>Serves until the client is done, sends too much, or the token is cancelled.</summary>
    public async Task ServeAsync(CancellationToken cancel)
    {
        using var socket = client;
        socket.NoDelay = true;
        var buffer = new byte[LongestHead];
        var filled = 0;
        try
        {
            while (true)
            {
                int end;
                while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
                {
                    var read = filled == buffer.Length ? 0 : await socket.ReceiveAsync(buffer.AsMemory(filled), cancel);
                    if (read == 0)
                    {
                        return;
                    }

                    filled += read;
                }

                var head = Encoding.ASCII.GetString(buffer, 0, end);
                var (answer, keep) = Answer(head);
                await socket.SendAsync(answer, cancel);
                if (!keep)
                {
                    return;
                }

                filled -= end + 4;
                buffer.AsSpan(end + 4, filled).CopyTo(buffer);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The client went away, or the server ends.
        }
    }

    private (byte[] Answer, bool Keep) Answer(string head)
    {
        var line = head.Split("\r\n", 2)[0].Split(' ');
        var status = line.Length != 3 ? "400 Bad Request" : line[0] is "GET" or "HEAD" ? "200 OK" : "405 Method Not Allowed";
        var keep = status == "200 OK" && line[2] == "HTTP/1.1" && !head.Contains("connection: close", StringComparison.OrdinalIgnoreCase);
        var remote = (IPEndPoint)client.RemoteEndPoint!;
        var from = remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address;
        var body = status == "200 OK" ? $"pod {pod} node {node} client {from}\n" : status + "\n";
        var header = $"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\nConnection: {(keep ? "keep-alive" : "close")}\r\n\r\n";
        return (Encoding.ASCII.GetBytes(line[0] == "HEAD" ? header : header + body), keep);
    }
}
