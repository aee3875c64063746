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
internal sealed class Changes
{
    private const int Events = 2000;

    public void Run()
    {
        Console.WriteLine($"a pod added, relabelled or removed, watch event to commit ({Events} events each, 110 pods on the node, 1000 policies)");
        foreach (var isLocal in (bool[])[false, true])
        {
            var small = Measure(100, 1000, isLocal);
            var large = Measure(10_000, 1000, isLocal);
            Console.WriteLine(isLocal ? "  a pod of this node, with another set of policies each time" : "  a pod of another node");
            Console.WriteLine($"       100 pods: p50 {small.P50,7:0.000} ms  p99 {small.P99,7:0.000} ms");
            Console.WriteLine($"    10,000 pods: p50 {large.P50,7:0.000} ms  p99 {large.P99,7:0.000} ms; p50 {large.P50 / small.P50:0.00}x of that at 100, p99 {large.P99 / large.P50:0.0}x of p50");
        }
    }

    private static (double P50, double P99) Measure(int pods, int policies, bool isLocal)
    {
        const int Namespaces = 50;
        using var node = new BenchNode();
        using var nft = node.OpenNft();
        var state = new PolicyState();
        var sync = new PolicySync(new NftTables(nft, false, NullLogger.Instance), BenchCluster.Node, NullLogger.Instance);
        var cluster = BenchCluster.Of(pods, policies, Namespaces, localPods: 110);
        sync.Sync(cluster, out _);
        foreach (var (key, pod) in cluster.Pods)
        {
            state.SetPod(key, pod);
        }

        state.Take();
        var random = new Random(1);
        var times = new List<double>(Events);
        for (var i = -300; times.Count < Events; i++)
        {
            var number = 20_000 + random.Next(60);
            var json = Encoding.UTF8.GetBytes(Json(number, Namespaces, isLocal ? BenchCluster.Node : "far", random.Next(10), random.Next(3) > 0));
            var began = Stopwatch.GetTimestamp();
            var pod = JsonSerializer.Deserialize(json, PolicyResources.TypeInfo<PodObject>())!;
            var record = PodReader.Read(pod);
            state.SetPod(record.Key, record);
            if (state.Take() is not { } snapshot || sync.Sync(snapshot, out _).Batches == 0)
            {
                // Nothing that a policy of this node looks at: what costs nothing does not count.
                continue;
            }

            if (i >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }

        times.Sort();
        return (times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    internal static string Json(int number, int namespaces, string node, int app, bool runs) =>
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"ns{{{number % namespaces}}}","name":"pod{{{number}}}","uid":"{{{number}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"a{{{app}}}","pod-template-hash":"h{{{number % 97}}}","tier":"front"}},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c","image":"example/app:1","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}],"env":[{"name":"A","value":"b"}]}]},"status":{"phase":"{{{(runs ? "Running" : "Succeeded")}}}","podIP":"10.245.{{{number / 250 % 250}}}.{{{number % 250}}}","podIPs":[{"ip":"10.245.{{{number / 250 % 250}}}.{{{number % 250}}}"}]}}""";
}
