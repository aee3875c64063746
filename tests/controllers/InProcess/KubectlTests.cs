using System.Diagnostics;

namespace Podwire.Controllers.Tests.InProcess;

/// <summary>What people do with workloads, by the real kubectl.</summary>
public class KubectlTests
{
    [Fact]
    public async Task Kubectl_RollsOutScalesUndoesAndDeletes()
    {
        Assert.SkipUnless(IsThere(), "lacks: kubectl 1.27 or newer");
        await using var cluster = await Cluster.StartAsync(nodes: 2);
        await RunAsync(cluster, "create deployment web --image=host --replicas=2 --port=8080 -- /bin/sleep inf");
        Assert.Contains("successfully rolled out", await RunAsync(cluster, "rollout status deployment/web --timeout=60s"), StringComparison.Ordinal);
        await RunAsync(cluster, "set env deployment/web STEP=two");
        await RunAsync(cluster, "annotate deployment/web kubernetes.io/change-cause=second");
        Assert.Contains("successfully rolled out", await RunAsync(cluster, "rollout status deployment/web --timeout=60s"), StringComparison.Ordinal);
        await Cluster.EventuallyAsync(async () => Words(await RunAsync(cluster, "rollout history deployment/web")) is var words && words.Contains("1 <none> 2 second") ? null : words);

        await RunAsync(cluster, "rollout undo deployment/web");
        Assert.Contains("successfully rolled out", await RunAsync(cluster, "rollout status deployment/web --timeout=60s"), StringComparison.Ordinal);
        Assert.Equal("", await RunAsync(cluster, "get deployment web -o jsonpath={.spec.template.spec.containers[0].env}"));
        await Cluster.EventuallyAsync(async () => Words(await RunAsync(cluster, "rollout history deployment/web")) is var words && words.Contains("2 second 3 ") ? null : words);

        await RunAsync(cluster, "expose deployment web --port=80 --target-port=8080");
        await RunAsync(cluster, "scale deployment web --replicas=4");
        await RunAsync(cluster, "wait deployment/web --for=jsonpath={.status.availableReplicas}=4 --timeout=60s");
        await Cluster.EventuallyAsync(async () =>
        {
            var described = await RunAsync(cluster, "describe service web");
            var endpoints = described.Split('\n').Single(line => line.StartsWith("Endpoints:", StringComparison.Ordinal));
            return endpoints.Contains(":8080,", StringComparison.Ordinal) && endpoints.Contains("+ 1 more", StringComparison.Ordinal) ? null : endpoints;
        });
        await Cluster.EventuallyAsync(async () =>
            (await RunAsync(cluster, "describe deployment web")).Contains("Scaled up replica set", StringComparison.Ordinal) ? null : "no event of scaling");

        await RunAsync(cluster, "delete deployment web --cascade=foreground --wait --timeout=60s");
        Assert.Equal("", await RunAsync(cluster, "get replicasets -o name"));
        await RunAsync(cluster, "create namespace shop");
        await RunAsync(cluster, "delete namespace shop --wait --timeout=60s");
        await RunAsync(cluster, "cordon node1");
        await Cluster.EventuallyAsync(async () =>
            (await RunAsync(cluster, "describe node node1")).Contains("node.kubernetes.io/unschedulable:NoSchedule", StringComparison.Ordinal) ? null : "no taint of a cordoned node");
    }

    private static bool IsThere() =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, "kubectl")));

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static async Task<string> RunAsync(Cluster cluster, string command)
    {
        var start = new ProcessStartInfo("kubectl", command.Split(' ')) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["KUBECONFIG"] = cluster.Kubeconfig;
        start.Environment["HOME"] = Path.GetDirectoryName(cluster.Kubeconfig);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cluster.Cancel), process.StandardError.ReadToEndAsync(Cluster.Cancel));
        await process.WaitForExitAsync(Cluster.Cancel);
        Assert.True(process.ExitCode == 0, $"kubectl {command}: {await error}");
        return await output;
    }
}
