using System.Diagnostics;
using Podwire.NetPolicy.Compile;
using Podwire.NetPolicy.State;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>
/// The first compilation and load of a large cluster by the process itself, as its metric says, beside nft: loading the same rules written out, a set for each rule's
/// peers, and loading the very tables that the process makes of them, which nft is given ready-made.
/// </summary>
internal static class FullLoad
{
    public static async Task RunAsync(int localPods, int rounds, bool isPlainToo)
    {
        List<double> ours = [], plain = [], same = [];
        var cluster = BenchCluster.Of(10_000, 5000, 500, localPods);
        var (tables, written) = (Tables(cluster), isPlainToo ? PlainTables.Of(cluster) : null);
        for (var round = 0; round < rounds; round++)
        {
            using (var node = new BenchNode())
            {
                ours.Add((await BenchDaemon.RunAsync(node, localPods, TimeSpan.Zero)).Load);
            }

            same.Add(Nft(tables));
            if (written is not null)
            {
                plain.Add(Nft(written));
            }
        }

        var load = Connections.Median(ours);
        Console.WriteLine($"  {localPods,6} pods on the node: {load:0.000} s; "
            + (plain.Count == 0 ? string.Empty : $"nft -f of the rules written out {Connections.Median(plain):0.000} s, {load / Connections.Median(plain):0.00}x; ")
            + $"nft -f of the tables that we make {Connections.Median(same):0.000} s, {load / Connections.Median(same):0.00}x ({rounds} rounds, medians)");
    }

    private static string Tables(PolicySnapshot cluster)
    {
        var model = new PolicyModel(BenchCluster.Node, new());
        model.Absorb(cluster);
        return string.Concat(TableSchema.All.Select(schema => NftText.Write(RulesetDiff.Between(null, model.ToTable(schema)))));
    }

    private static double Nft(string text)
    {
        using var node = new BenchNode();
        var file = $"/tmp/{node.Name}.nft";
        File.WriteAllText(file, text);
        var began = Stopwatch.GetTimestamp();
        node.Run($"nft -f {file}");
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        File.Delete(file);
        return took;
    }
}
