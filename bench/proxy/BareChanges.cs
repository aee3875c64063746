using System.Diagnostics;
using System.Net.Sockets;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.ProxyBench;

/// <summary>
/// A map element exchanged by one bare transaction that a waiting thread sends when a line comes over a TCP connection: the same way as an event's to the
/// announcement of the commit, with as many threads to be woken up, and no proxy.
/// </summary>
internal sealed class BareChanges : IDisposable
{
    private static readonly TableId Id = new(TableFamily.Ip, "control");
    private static readonly NftMap Map = new() { Name = "endpoints", Key = [NftType.Ipv4Address, NftType.InetService], Data = [NftType.Ipv4Address, NftType.InetService] };
    private readonly NftSocket socket;
    private readonly NftMonitor monitor;
    private readonly Socket sender;
    private readonly Socket receiver;
    private readonly List<TimeSpan> times = [];

    /// <summary>In a network namespace of its own.</summary>
    public BareChanges(Namespaces namespaces)
    {
        var ours = namespaces.Make("control").Namespace;
        socket = ours.Run(NftSocket.Open);
        monitor = ours.Run(NftMonitor.Open);
        socket.Apply(new NftBatch().Add(new AddTable(Id)).Add(new AddSet(Id, Map)).AddElements(Id, Map, Element(-1)));
        using var listener = BenchApiServer.Listen();
        sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        sender.Connect(listener.LocalEndPoint!);
        receiver = listener.Accept();
        new Thread(Commit) { IsBackground = true }.Start();
    }

    /// <summary>Exchanges it once.</summary>
    public void Exchange(int turn)
    {
        while (monitor.TryRead(out _))
        {
            // What happened meanwhile does not count.
        }

        var began = Stopwatch.GetTimestamp();
        sender.Send(BitConverter.GetBytes(turn));
        while (!(monitor.Wait(TimeSpan.FromSeconds(5)) && monitor.TryRead(out _)))
        {
        }

        times.Add(Stopwatch.GetElapsedTime(began));
        Thread.Sleep(1);
    }

    public void Report()
    {
        times.Sort();
        var (p50, p99) = (times[times.Count / 2], times[times.Count * 99 / 100]);
        Console.WriteLine($"{"a bare transaction, no proxy",-36}{p50.TotalMilliseconds,7:0.00} ms{p99.TotalMilliseconds,7:0.00} ms   (p99 {p99 / p50:0.0}x of p50)");
    }

    public void Dispose()
    {
        sender.Dispose();
        monitor.Dispose();
        socket.Dispose();
        receiver.Dispose();
    }

    private void Commit()
    {
        var line = new byte[sizeof(int)];
        while (receiver.Receive(line) == line.Length)
        {
            var turn = BitConverter.ToInt32(line);
            socket.Apply(new NftBatch().DeleteElements(Id, Map, Element(turn - 1)).AddElements(Id, Map, Element(turn)));
        }
    }

    private static SetElement Element(int turn)
    {
        Span<byte> value = [10, (byte)(turn >> 16), (byte)(turn >> 8), (byte)turn, 31, 144, 0, 0];
        Span<byte> key = [10, 96, 0, 1, 0, 80, 0, 0];
        return SetElement.Map(NftData.FromBytes(key), NftData.FromBytes(value), "bench/control:http");
    }
}
