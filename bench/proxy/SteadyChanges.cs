using System.Diagnostics;
using Podwire.Netlink.Nftables;

namespace Podwire.ProxyBench;

/// <summary>Endpoints exchanged at a steady rate: whether the proxy keeps up, what it costs, and whether its memory stays where it is.</summary>
internal sealed class SteadyChanges(BenchOptions options)
{
    public void Run(int services, int endpoints, int perSecond)
    {
        using var namespaces = new Namespaces();
        var ours = namespaces.Make("proxy");
        using var api = new BenchApiServer(ours.Namespace.Run(BenchApiServer.Listen), new BenchCluster(services, endpoints));
        using var run = ProxyRun.Start(ours.Name, options.Binary, api.Url);
        using var nft = ours.Namespace.Run(NftSocket.Open);
        Thread.Sleep(TimeSpan.FromSeconds(4));
        var before = run.Use;
        Console.WriteLine($"{perSecond} changes a second for {options.Steady.TotalSeconds:0} s at {services} Services x {endpoints}");
        var began = Stopwatch.GetTimestamp();
        var last = new Queue<string>();
        var early = before;
        var total = (int)(options.Steady.TotalSeconds * perSecond);
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            while (Stopwatch.GetElapsedTime(began) is var now && now < due)
            {
                Thread.Sleep(due - now > TimeSpan.FromMilliseconds(1) ? 1 : 0);
            }

            // A Service is changed again only long after.
            last.Enqueue(api.Exchange((int)((long)i * 7919 % services)));
            if (last.Count > services / 2)
            {
                last.Dequeue();
            }

            if (i == total / 6)
            {
                early = run.Use;
            }
        }

        var sent = Stopwatch.GetElapsedTime(began);
        var lag = Lag(nft, Stopwatch.GetTimestamp());
        var after = run.Use;
        var table = ProxyRun.Check(ours.Namespace, services * endpoints);
        var present = table.FindSet("service-endpoints")!.Elements.Select(static element => new System.Net.IPAddress(element.Data.Span[..4]).ToString()).ToHashSet();
        var missing = last.Count(address => !present.Contains(address));
        Console.WriteLine($"sent in {sent.TotalSeconds:0.00} s; the last commit came {lag.TotalMilliseconds:0} ms after the last event; {missing} of the last {last.Count} changes are missing");
        Console.WriteLine($"CPU {(after.Cpu - before.Cpu) / sent:0.00} cores, {(after.Cpu - before.Cpu).TotalMilliseconds / total:0.00} ms each; RSS {before.Rss:0} MB before, {early.Rss:0} MB after a sixth, {after.Rss:0} MB at the end, peak {after.PeakRss:0} MB");
    }

    /// <summary>How long the generation went on changing.</summary>
    private static TimeSpan Lag(NftSocket nft, long since)
    {
        var generation = nft.GetGeneration();
        var changed = TimeSpan.Zero;
        while (Stopwatch.GetElapsedTime(since) is var now && now - changed < TimeSpan.FromMilliseconds(500))
        {
            if (nft.GetGeneration() is var current && current != generation)
            {
                (generation, changed) = (current, now);
            }

            Thread.Sleep(1);
        }

        return changed;
    }
}
