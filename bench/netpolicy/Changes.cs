using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;

namespace Podwire.NetPolicyBench;

/// <summary>A pod is added, relabelled or removed somewhere in the cluster: from the watch event's text to the kernel's commit.</summary>
internal static class Changes
{
    private const int Events = 2000;
    private const int WarmUps = 600;

    public static void Run()
    {
        Console.WriteLine($"a pod added, relabelled or removed, watch event to commit ({Events} events each, 110 pods on the node, 1000 policies); targets: p50 1.3x of that at 100 pods, p99 5x of p50");
        foreach (var isLocal in (bool[])[false, true])
        {
            var (small, _) = Measure(100, 1000, isLocal);
            var (large, bare) = Measure(10_000, 1000, isLocal);
            Console.WriteLine(isLocal ? "  a pod of this node, with another set of policies each time" : "  a pod of another node");
            Console.WriteLine($"       100 pods: {Text(small.Times)}, of p50 {small.Kernel:0.000} ms in the kernel's call");
            Console.WriteLine($"    10,000 pods: {Text(large.Times)}, of p50 {large.Kernel:0.000} ms in the kernel's call; p50 {At(large.Times, 50) / At(small.Times, 50):0.00}x of that at 100");
            Console.WriteLine($"    the kernel alone, with such transactions ready-made: {Text(bare)}");
            Console.WriteLine($"    of the slowest hundredth {large.Before} lost most of their time before the kernel was called, {large.Within} within the call; {large.Collected} had a garbage collection");
        }
    }

    internal static string Json(int number, int namespaces, string node, int app, bool runs) =>
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"ns{{{number % namespaces}}}","name":"pod{{{number}}}","uid":"{{{number}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"a{{{app}}}","pod-template-hash":"h{{{number % 97}}}","tier":"front"}},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"example/app:1","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"A","value":"b"}]}]},"status":{"phase":"{{{(runs ? "Running" : "Succeeded")}}}","podIP":"10.245.{{{number / 250 % 250}}}.{{{number % 250}}}","podIPs":[{"ip":"10.245.{{{number / 250 % 250}}}.{{{number % 250}}}"}]}}""";

    private static double At(List<double> sorted, int percent) => sorted[sorted.Count * percent / 100];

    private static string Text(List<double> sorted) => $"p50 {At(sorted, 50),7:0.000} ms  p99 {At(sorted, 99),7:0.000} ms  {At(sorted, 99) / At(sorted, 50):0.0}x";

    private static ((List<double> Times, double Kernel, int Before, int Within, int Collected) Ours, List<double> Bare) Measure(int pods, int policies, bool isLocal)
    {
        const int Namespaces = 50;
        using var node = new BenchNode();
        using var nft = node.OpenNft();
        using var other = node.OpenNft();
        var timed = new TimedNftables(nft);
        var bare = new BareTransactions(other, isLocal);
        var state = new PolicyState();
        var sync = new PolicySync(new NftTables(timed, false, NullLogger.Instance), BenchCluster.Node, NullLogger.Instance);
        var cluster = BenchCluster.Of(pods, policies, Namespaces, localPods: 110);
        sync.Sync(cluster, out _);
        foreach (var (key, pod) in cluster.Pods)
        {
            state.SetPod(key, pod);
        }

        state.Take();
        var random = new Random(1);
        var found = new List<(double All, double Kernel, bool Collected)>(Events);
        for (var i = -WarmUps; found.Count < Events; i++)
        {
            var number = 20_000 + random.Next(60);
            var json = Encoding.UTF8.GetBytes(Json(number, Namespaces, isLocal ? BenchCluster.Node : "far", random.Next(10), random.Next(3) > 0));
            var (collections, kernel) = (GC.CollectionCount(0), timed.Spent);
            var began = Stopwatch.GetTimestamp();
            var pod = JsonSerializer.Deserialize(json, PolicyResources.TypeInfo<PodObject>())!;
            var record = PodReader.Read(pod);
            state.SetPod(record.Key, record);
            if (state.Take() is not { } snapshot || sync.Sync(snapshot, out _).Batches == 0)
            {
                // Nothing that a policy of this node looks at: what costs nothing does not count.
                continue;
            }

            var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            if (i >= 0)
            {
                found.Add((took, (timed.Spent - kernel).TotalMilliseconds, GC.CollectionCount(0) > collections));
                bare.Measure();
            }
        }

        found.Sort();
        var slowest = found[^(Events / 100)..];
        var within = slowest.Count(static one => one.Kernel > one.All / 2);
        var kernels = found.ConvertAll(static one => one.Kernel);
        kernels.Sort();
        return ((found.ConvertAll(static one => one.All), At(kernels, 50), slowest.Count - within, within, slowest.Count(static one => one.Collected)), bare.Sorted);
    }
}
