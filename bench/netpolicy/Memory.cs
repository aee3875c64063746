using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Podwire.FakeApi;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicyBench;

/// <summary>The whole process, fed by a stand-in for an API server: what it needs once it is ready.</summary>
internal sealed class Memory
{
    // The policies of BenchCluster as the API has them.
    private const string Spec = """{"podSelector":{"matchLabels":{"app":"$SUBJECT"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"$PEER"}}}],"ports":[{"port":80},{"port":"http"}]},{"from":[{"namespaceSelector":{"matchLabels":{"team":"$TEAM"}},"podSelector":{"matchLabels":{"app":"$APP"}}}],"ports":[{"port":443}]},{"from":[{"ipBlock":{"cidr":"192.168.0.0/16","except":["$BLOCK"]}}]}]}""";

    public async Task RunAsync(int localPods)
    {
        using var node = new BenchNode();
        await using var api = new FakeApiServer();
        api.Missing.Add("apis/policy.networking.k8s.io");
        await api.StartAsync(node["node"]);
        Fill(api, localPods);
        var binary = Environment.GetEnvironmentVariable("NETPOLICY_BINARY");
        string[] command = binary is not null ? [binary] : [Environment.ProcessPath!, typeof(Memory).Assembly.Location, "netpolicy"];
        using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "exec", node.Name, .. command, $"--master={api.Address}", $"--hostname-override={BenchCluster.Node}", $"--socket=/tmp/{node.Name}.sock", "--healthz-bind-address="]) { RedirectStandardError = true })!;
        var began = Stopwatch.GetTimestamp();
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("tables loaded", StringComparison.Ordinal))
        {
        }

        var ready = Stopwatch.GetElapsedTime(began);
        _ = process.StandardError.ReadToEndAsync();
        await Task.Delay(3000);
        var status = File.ReadAllLines($"/proc/{process.Id}/status");
        double Megabytes(string key) => int.Parse(status.First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0;
        Console.WriteLine($"the process at 10,000 pods, 5000 policies, 500 namespaces, {localPods} pods on the node ({(binary is null ? "JIT" : "NativeAOT")})");
        Console.WriteLine($"  start to rules in force {ready.TotalSeconds:0.00} s; RSS {Megabytes("VmRSS:"):0} MB (anonymous {Megabytes("RssAnon:"):0} MB), peak {Megabytes("VmHWM:"):0} MB");
        process.Kill();
        await process.WaitForExitAsync();
        File.Delete($"/tmp/{node.Name}.sock");
    }

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
