using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Ruleset;

namespace Podwire.ProxyBench;

/// <summary>
/// From the start of the process to the last rule, beside <c>nft -f</c> with the same rules and beside a loader that only sends the same objects;
/// then what stays resident, and a restart over the table that is there.
/// </summary>
internal sealed class ColdStart(BenchOptions options)
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(4);

    public void Run(int services, int endpoints)
    {
        using var namespaces = new Namespaces();
        var ours = namespaces.Make("proxy");
        var cluster = new BenchCluster(services, endpoints);
        var bytes = cluster.ServiceList().Length + cluster.SliceList().Length;
        Console.WriteLine($"{services} Services x {endpoints} endpoints, {bytes / 1e6:0} MB of JSON");
        Console.WriteLine($"{"",-36}{"wall",10}{"CPU",12}{"RSS",11}{"peak",10}");
        using var api = new BenchApiServer(ours.Namespace.Run(BenchApiServer.Listen), cluster);
        Table table;
        TimeSpan wall;
        using (var run = ProxyRun.Start(ours.Name, options.Binary, api.Url))
        {
            wall = run.Wall;
            Row("cold start to the last rule", run.Wall, run.AtLoad);
            table = ProxyRun.Check(ours.Namespace, services * endpoints);
            Thread.Sleep(Settling);
            var use = run.Use;
            Console.WriteLine($"{"settled",-36}{"",22}{use.Rss,8:0} MB{use.PeakRss,7:0} MB   ({use.Anonymous:0} MB anonymous)");
        }

        using (var run = ProxyRun.Start(ours.Name, options.Binary, api.Url, adopts: true))
        {
            Row("restart over the correct table", run.Wall, run.AtLoad);
            Thread.Sleep(Settling);
            var use = run.Use;
            Console.WriteLine($"{"settled",-36}{"",22}{use.Rss,8:0} MB{use.PeakRss,7:0} MB   ({use.Anonymous:0} MB anonymous)");
        }

        var text = Path.GetTempFileName();
        File.WriteAllText(text, NftText.Write(table));
        var nft = Shell.Time(namespaces.Make("nft").Name, $"nft -f {text}");
        Row("nft -f of the same rules", nft);
        WriteDatagrams(text, table);
        var bare = Shell.Time(namespaces.Make("bare").Name, $"{options.Tools}/bare-loader {text}");
        Row("bare loader of the same objects", bare);
        File.Delete(text);
        Console.WriteLine($"cold start: {wall / nft.Wall:0.00}x of nft -f, {wall / bare.Wall:0.0}x of the bare loader");
    }

    private static void Row(string what, TimeSpan wall, ProcessUse use) =>
        Console.WriteLine($"{what,-36}{wall.TotalMilliseconds,7:0} ms{use.Cpu.TotalMilliseconds,9:0} ms{use.Rss,8:0} MB{use.PeakRss,7:0} MB");

    private static void Row(string what, (TimeSpan Wall, TimeSpan Cpu, double PeakRss) use) =>
        Console.WriteLine($"{what,-36}{use.Wall.TotalMilliseconds,7:0} ms{use.Cpu.TotalMilliseconds,9:0} ms{"",11}{use.PeakRss,7:0} MB");

    /// <summary>The table as the datagrams that make it, 20,000 elements in each.</summary>
    private static void WriteDatagrams(string file, Table table)
    {
        using var output = new BinaryWriter(File.Create(file));
        foreach (var batch in RulesetDiff.Between(null, table).Split(20_000))
        {
            var writer = new NetlinkWriter([]);
            try
            {
                new BatchWriter().Write(ref writer, batch, null);
                output.Write(writer.Length);
                output.Write(writer.Written);
            }
            finally
            {
                writer.Dispose();
            }
        }
    }
}
