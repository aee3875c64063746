using System.Diagnostics;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.ProxyBench;

/// <summary>
/// One endpoint exchanged, from the event's last byte leaving the API server to the kernel's announcement of the commit: a small and a large
/// cluster, each with its own proxy, by turns, so that both meet the same machine. With them by turns, in mode nftables, a bare transaction of the same
/// two elements by a waiting thread of this process: what the kernel, the waking of threads and this machine add to every figure, and to their spread.
/// </summary>
internal sealed class SingleChanges(BenchOptions options)
{
    private const int Endpoints = 2;
    private const int WarmUp = 100;

    public void Run(int few, int many, bool iptables = false)
    {
        using var namespaces = new Namespaces();
        using var small = new Subject(namespaces, options, few, iptables);
        using var large = new Subject(namespaces, options, many, iptables);
        using var control = iptables ? null : new BareChanges(namespaces);
        Thread.Sleep(TimeSpan.FromSeconds(4));
        foreach (var subject in (Subject[])[small, large])
        {
            for (var i = 0; i < WarmUp; i++)
            {
                subject.Exchange(i);
            }

            subject.Begin();
        }

        for (var i = 0; i < options.Exchanges; i++)
        {
            small.Exchange(i);
            large.Exchange(i);
            control?.Exchange(i);
        }

        Console.WriteLine($"one endpoint exchanged, event to commit, {options.Exchanges} times{(iptables ? ", mode iptables (one iptables-restore each)" : string.Empty)}");
        Console.WriteLine($"{"",-36}{"p50",10}{"p99",10}{"CPU each",12}{"RSS",11}{"peak",10}");
        var (p50, _) = small.Report();
        var (p50Large, p99Large) = large.Report();
        control?.Report();
        Console.WriteLine($"p50 at {many} Services is {p50Large / p50:0.00}x of p50 at {few}; p99 is {p99Large / p50Large:0.0}x of p50");
    }

    private sealed class Subject : IDisposable
    {
        private readonly TableId table;
        private readonly int services;
        private readonly BenchApiServer api;
        private readonly ProxyRun run;
        private readonly NftMonitor monitor;
        private readonly List<TimeSpan> times = [];
        private TimeSpan before;

        public Subject(Namespaces namespaces, BenchOptions options, int services, bool iptables)
        {
            this.services = services;
            table = new(TableFamily.Ip, iptables ? "nat" : "podwire-proxy");
            var ours = namespaces.Make("proxy");
            api = new(ours.Namespace.Run(BenchApiServer.Listen), new BenchCluster(services, Endpoints));
            run = ProxyRun.Start(ours.Name, options.Binary, api.Url, iptables: iptables);
            monitor = ours.Namespace.Run(NftMonitor.Open);
        }

        public void Begin()
        {
            times.Clear();
            before = run.Use.Cpu;
        }

        public void Exchange(int turn)
        {
            while (monitor.TryRead(out _))
            {
                // What happened meanwhile does not count.
            }

            var began = Stopwatch.GetTimestamp();
            api.Exchange((int)((long)turn * 7919 % services));
            while (!(monitor.Wait(TimeSpan.FromSeconds(5)) && monitor.TryRead(out var change) && change.Tables.Contains(table)))
            {
                if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(10))
                {
                    throw new InvalidOperationException("an exchanged endpoint does not reach the kernel");
                }
            }

            times.Add(Stopwatch.GetElapsedTime(began));
            // Changes that come on each other's heels are another row.
            Thread.Sleep(1);
        }

        public (TimeSpan P50, TimeSpan P99) Report()
        {
            var use = run.Use;
            var each = (use.Cpu - before) / times.Count;
            times.Sort();
            var (p50, p99) = (times[times.Count / 2], times[times.Count * 99 / 100]);
            var program = run.ChildrenPeak > 0 ? $"   (a program it starts: {run.ChildrenPeak:0} MB)" : string.Empty;
            Console.WriteLine($"{$"{services} Services x {Endpoints}",-36}{p50.TotalMilliseconds,7:0.00} ms{p99.TotalMilliseconds,7:0.00} ms{each.TotalMilliseconds,9:0.00} ms{use.Rss,8:0} MB{use.PeakRss,7:0} MB{program}");
            return (p50, p99);
        }

        public void Dispose()
        {
            monitor.Dispose();
            run.Dispose();
            api.Dispose();
        }
    }
}
