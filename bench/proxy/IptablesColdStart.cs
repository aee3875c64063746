using System.Globalization;

namespace Podwire.ProxyBench;

/// <summary>
/// Mode iptables, from the start of the process to the last rule, beside <c>iptables-restore --noflush</c> of the whole rule set, as
/// kube-proxy's mode iptables runs it, and without the flag; then what stays resident, and a restart over the chains that are there.
/// </summary>
internal sealed class IptablesColdStart(BenchOptions options)
{
    public void Run(int services, int endpoints)
    {
        using var namespaces = new Namespaces();
        var ours = namespaces.Make("proxy");
        Console.WriteLine($"mode iptables, {services} Services x {endpoints} endpoints, {Shell.Run(null, "iptables --version").Trim()}");
        Console.WriteLine($"{"",-36}{"wall",10}{"CPU",12}{"RSS",11}{"peak",10}");
        using var api = new BenchApiServer(ours.Namespace.Run(BenchApiServer.Listen), new BenchCluster(services, endpoints));
        TimeSpan wall;
        using (var run = ProxyRun.Start(ours.Name, options.Binary, api.Url, iptables: true))
        {
            wall = run.Wall;
            Row("cold start to the last rule", run);
            var found = int.Parse(Shell.Run(ours.Name, "iptables-save -t nat | grep -c -e '-j DNAT'"), CultureInfo.InvariantCulture);
            if (found != services * endpoints)
            {
                throw new InvalidOperationException($"{found} endpoints are in the kernel, not {services * endpoints}");
            }

            Settle(run);
        }

        using (var run = ProxyRun.Start(ours.Name, options.Binary, api.Url, iptables: true))
        {
            Row("restart over correct chains", run);
            Settle(run);
        }

        var text = Path.GetTempFileName();
        Shell.Run(ours.Name, $"iptables-save >{text}");
        var kept = Shell.Time(namespaces.Make("noflush").Name, $"iptables-restore --noflush --counters {text}");
        Row("iptables-restore --noflush", kept);
        var bare = Shell.Time(namespaces.Make("restore").Name, $"iptables-restore {text}");
        Row("iptables-restore, flushing", bare);
        File.Delete(text);
        Console.WriteLine($"cold start: {wall / kept.Wall:0.00}x of iptables-restore --noflush, which spares the chains of others, {wall / bare.Wall:0.00}x of one that flushes them");
    }

    private static void Row(string what, ProxyRun run) => Console.WriteLine(
        $"{what,-36}{run.Wall.TotalMilliseconds,7:0} ms{run.AtLoad.Cpu.TotalMilliseconds,9:0} ms{run.AtLoad.Rss,8:0} MB{run.AtLoad.PeakRss,7:0} MB   (a program it starts: {run.ChildrenPeak:0} MB)");

    private static void Row(string what, (TimeSpan Wall, TimeSpan Cpu, double PeakRss) use) =>
        Console.WriteLine($"{what,-36}{use.Wall.TotalMilliseconds,7:0} ms{use.Cpu.TotalMilliseconds,9:0} ms{"",11}{use.PeakRss,7:0} MB");

    private static void Settle(ProxyRun run)
    {
        Thread.Sleep(TimeSpan.FromSeconds(4));
        var use = run.Use;
        Console.WriteLine($"{"settled",-36}{"",22}{use.Rss,8:0} MB{use.PeakRss,7:0} MB   ({use.Anonymous:0} MB anonymous)");
    }
}
