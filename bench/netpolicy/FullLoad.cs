using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.Compile;
using Podwire.Ruleset;

namespace Podwire.NetPolicyBench;

/// <summary>The first compilation and load of a large cluster, beside nft loading the very same tables.</summary>
internal sealed class FullLoad
{
    public void Run(int localPods)
    {
        List<double> compile = [], load = [], peer = [];
        var elements = 0;
        for (var round = 0; round < 3; round++)
        {
            using var node = new BenchNode();
            using var nft = node.OpenNft();
            var cluster = BenchCluster.Of(10_000, 5000, 500, localPods);
            var began = Stopwatch.GetTimestamp();
            var model = new PolicyModel(BenchCluster.Node, new());
            model.Absorb(cluster);
            compile.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            var sync = new PolicySync(new NftTables(nft, false, NullLogger.Instance), BenchCluster.Node, NullLogger.Instance);
            // The objects themselves are the bench's, not the enforcer's work.
            var objects = BenchCluster.Of(10_000, 5000, 500, localPods);
            began = Stopwatch.GetTimestamp();
            elements = sync.Sync(objects, out _).Elements;
            load.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            var text = string.Concat(TableSchema.All.Select(schema => NftText.Write(RulesetDiff.Between(null, model.ToTable(schema)))));
            sync.Tables.Remove();
            var file = $"/tmp/{node.Name}.nft";
            File.WriteAllText(file, text);
            began = Stopwatch.GetTimestamp();
            node.Run($"nft -f {file}");
            peer.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
            File.Delete(file);
        }

        var (ours, theirs) = (Connections.Median(load), Connections.Median(peer));
        Console.WriteLine($"10,000 pods, 5000 policies, 500 namespaces, {localPods} pods on the node: {elements} elements (3 rounds, medians)");
        Console.WriteLine($"  compile {Connections.Median(compile):0.000} s; compile and load {ours:0.000} s; nft -f of the same tables {theirs:0.000} s; {ours / theirs:0.00}x");
    }
}
