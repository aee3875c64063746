using System.Diagnostics;
using System.Globalization;
using Podwire.FakeApi;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicyBench;

/// <summary>The whole process, fed by a stand-in for an API server, from its start to its rules in force. NETPOLICY_BINARY is the native executable; without one it is this program.</summary>
internal static class BenchDaemon
{
    // The policies of BenchCluster as the API has them.
    private const string Spec = """{"podSelector":{"matchLabels":{"app":"$SUBJECT"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"$PEER"}}}],"ports":[{"port":80},{"port":"http"}]},{"from":[{"namespaceSelector":{"matchLabels":{"team":"$TEAM"}},"podSelector":{"matchLabels":{"app":"$APP"}}}],"ports":[{"port":443}]},{"from":[{"ipBlock":{"cidr":"192.168.0.0/16","except":["$BLOCK"]}}]}]}""";
    private const string HealthPort = "10257";
    private static readonly string? Binary = Environment.GetEnvironmentVariable("NETPOLICY_BINARY");

    /// <summary>How the process was compiled.</summary>
    public static string Kind => Binary is null ? "JIT: make build, or NETPOLICY_BINARY, for the executable that is shipped" : "NativeAOT";

    /// <summary>Starts it on a node for <see cref="BenchCluster.Of"/>(10,000, 5000, 500, <paramref name="localPods"/>) and ends it by SIGKILL: its rules stay.</summary>
    /// <param name="node">The node.</param>
    /// <param name="localPods">How many of the pods are on it.</param>
    /// <param name="settle">How long it is left alone before memory is read.</param>
    /// <returns>Seconds from its start to its rules in force; seconds of that from the objects to the commit; /proc/PID/status then.</returns>
    public static async Task<(double Ready, double Load, string[] Status)> RunAsync(BenchNode node, int localPods, TimeSpan settle)
    {
        await using var api = new FakeApiServer();
        api.Missing.Add("apis/policy.networking.k8s.io");
        await api.StartAsync(node["node"]);
        Fill(api, localPods);
        string[] command = Binary is not null ? [Binary] : [Environment.ProcessPath!, typeof(BenchDaemon).Assembly.Location, "netpolicy"];
        using var process = Process.Start(new ProcessStartInfo("ip",
        [
            "netns", "exec", node.Name, .. command, $"--master={api.Address}",
            $"--hostname-override={BenchCluster.Node}", $"--socket=/tmp/{node.Name}.sock", $"--healthz-bind-address=127.0.0.1:{HealthPort}",
        ])
        { RedirectStandardError = true })!;
        var began = Stopwatch.GetTimestamp();
        for (var last = string.Empty; !last.Contains("tables loaded", StringComparison.Ordinal);)
        {
            last = await process.StandardError.ReadLineAsync() is { } line ? line : throw new InvalidOperationException($"{command[0]} ended: {last}");
        }

        var ready = Stopwatch.GetElapsedTime(began).TotalSeconds;
        _ = process.StandardError.ReadToEndAsync();
        await Task.Delay(settle);
        var status = File.ReadAllLines($"/proc/{process.Id}/status");
        var metrics = node.Run($"exec 3<>/dev/tcp/127.0.0.1/{HealthPort}; printf 'GET /metrics HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3").Split('\n');
        process.Kill();
        await process.WaitForExitAsync();
        File.Delete($"/tmp/{node.Name}.sock");
        return (ready, ValueOf(metrics, "podwire_netpolicy_sync_duration_seconds_sum"), status);
    }

    private static double ValueOf(string[] metrics, string name) => double.Parse(
        Array.Find(metrics, line => line.StartsWith(name, StringComparison.Ordinal))?.Split(' ')[1] ?? throw new InvalidOperationException($"/metrics has no {name}"), CultureInfo.InvariantCulture);

    private static void Fill(FakeApiServer api, int localPods)
    {
        var cluster = BenchCluster.Of(10_000, 5000, 500, localPods);
        foreach (var (name, labels) in cluster.Namespaces)
        {
            api.Set("api/v1/namespaces", "", name, $$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}","uid":"{{{name}}}","resourceVersion":"$RV","labels":{{{Labels(labels!)}}}}}""");
        }

        foreach (var (key, pod) in cluster.Pods)
        {
            api.Set("api/v1/pods", key.Namespace, key.Name, $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"{{{key.Namespace}}}","name":"{{{key.Name}}}","uid":"{{{key.Name}}}-0d7f3c1e","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{{Labels(pod!.Labels)}}}},"spec":{"nodeName":"{{{pod.Node}}}","containers":[{"name":"c","image":"registry.example/team/application:1.2.3","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]}]},"status":{"phase":"Running","podIP":"{{{pod.Addresses[0]}}}","podIPs":[{"ip":"{{{pod.Addresses[0]}}}"}]}}""");
        }

        foreach (var id in cluster.Policies.Keys)
        {
            var number = int.Parse(id.Name["policy".Length..]);
            var spec = Spec.Replace("$SUBJECT", $"a{number / 500 % 10}").Replace("$PEER", $"a{((number / 500) + 1) % 10}").Replace("$TEAM", $"t{number % 20}").Replace("$APP", $"a{number % 10}").Replace("$BLOCK", $"192.168.{number % 250}.0/24");
            api.Set("apis/networking.k8s.io/v1/networkpolicies", id.Namespace, id.Name, $$$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"namespace":"{{{id.Namespace}}}","name":"{{{id.Name}}}","uid":"{{{id.Name}}}","resourceVersion":"$RV"},"spec":{{{spec}}}}""");
        }
    }

    private static string Labels(LabelSet labels) => $"{{{string.Join(',', labels.Select(pair => $"\"{pair.Key}\":\"{pair.Value}\""))}}}";
}
