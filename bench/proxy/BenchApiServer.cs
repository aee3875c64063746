using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Podwire.ProxyBench;

/// <summary>
/// List and watch over plain HTTP/1.1 from lists that lie ready in memory: as little work as a server can have, because it shares the machine with
/// what is measured. Answers end with their connection; a watch from any version but the newest is refused with 410.
/// </summary>
internal sealed class BenchApiServer : IDisposable
{
    private readonly Socket listener;
    private readonly BenchCluster cluster;
    private readonly Lock gate = new();
    private readonly List<Socket> sliceWatches = [];

    /// <param name="listener">Listening, in whatever network namespace it was made.</param>
    /// <param name="cluster">What it serves.</param>
    public BenchApiServer(Socket listener, BenchCluster cluster)
    {
        (this.listener, this.cluster) = (listener, cluster);
        Start(Accept);
    }

    /// <summary>The address that clients in its namespace use.</summary>
    public string Url => $"http://{listener.LocalEndPoint}";

    /// <summary>A listening socket at a free port of loopback; call it in the namespace.</summary>
    public static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(64);
        return socket;
    }

    /// <summary>Exchanges an endpoint of a Service and sends it to the watches; returns the new address. Returns when the kernel has the bytes.</summary>
    public string Exchange(int service)
    {
        var (line, address) = cluster.Exchange(service);
        lock (gate)
        {
            foreach (var watch in sliceWatches)
            {
                watch.Send(line);
            }
        }

        return address;
    }

    public void Dispose()
    {
        listener.Dispose();
        lock (gate)
        {
            sliceWatches.ForEach(static watch => watch.Dispose());
        }
    }

    private static void Start(ThreadStart work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The client went away, or the bench is over.
        }
    })
    { IsBackground = true }.Start();

    private void Accept()
    {
        while (true)
        {
            var client = listener.Accept();
            client.NoDelay = true;
            Start(() => Serve(client));
        }
    }

    private void Serve(Socket client)
    {
        var buffer = new byte[64 << 10];
        var used = 0;
        int end;
        while ((end = buffer.AsSpan(0, used).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var count = client.Receive(buffer, used, buffer.Length - used, SocketFlags.None);
            if (count == 0)
            {
                client.Dispose();
                return;
            }

            used += count;
        }

        var target = Encoding.ASCII.GetString(buffer, 0, buffer.AsSpan(0, end).IndexOf((byte)'\r')).Split(' ')[1];
        var isWatch = target.Contains("watch=true", StringComparison.Ordinal);
        if (isWatch)
        {
            Watch(client, target);
            return;
        }

        using (client)
        {
            var isKnown = target.Contains("/endpointslices", StringComparison.Ordinal) || target.Contains("/services?", StringComparison.Ordinal) || target.Contains("/nodes", StringComparison.Ordinal);
            Send(client, isKnown ? "200 OK" : "404 Not Found", target switch
            {
                _ when target.Contains("/endpointslices", StringComparison.Ordinal) => cluster.SliceList(),
                _ when target.Contains("/services?", StringComparison.Ordinal) => cluster.ServiceList(),
                _ when target.Contains("/nodes", StringComparison.Ordinal) => BenchCluster.Nodes(cluster.Version),
                // Events, which are read from nobody.
                _ => "{}"u8.ToArray(),
            });
            client.Shutdown(SocketShutdown.Both);
        }
    }

    private void Watch(Socket client, string target)
    {
        lock (gate)
        {
            if (!target.Contains($"resourceVersion={cluster.Version}", StringComparison.Ordinal))
            {
                Send(client, "410 Gone", """{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}"""u8.ToArray());
                client.Dispose();
                return;
            }

            client.Send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"u8);
            if (target.Contains("/endpointslices", StringComparison.Ordinal))
            {
                sliceWatches.RemoveAll(static watch => !watch.Connected);
                sliceWatches.Add(client);
            }
        }

        // Nothing more is expected: this is how the end of the client is noticed.
        while (client.Receive(new byte[64]) > 0)
        {
        }

        lock (gate)
        {
            sliceWatches.Remove(client);
        }

        client.Dispose();
    }

    private static void Send(Socket client, string status, byte[] body)
    {
        client.Send(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
        for (var at = 0; at < body.Length;)
        {
            at += client.Send(body, at, Math.Min(1 << 20, body.Length - at), SocketFlags.None);
        }
    }
}
