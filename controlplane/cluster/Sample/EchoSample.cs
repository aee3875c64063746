using System.Diagnostics;
using Podwire.Cluster.Commands;
using Podwire.Cluster.Nodes;
using Podwire.Cluster.Output;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Cluster.Sample;

/// <summary>Deploys the echo and shows from a pod on every node that its service answers from all replicas.</summary>
internal sealed class EchoSample(KubeClient client, ClusterPaths paths, ClusterState state)
{
    private const int MostRequests = 400;
    private const int QuickRequests = 100;
    private const int NodePort = 30080;

    // In mode iptables the proxy changes the kernel once a second at most, so that the last replica may come late.
    private static readonly TimeSpan ProxyDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly int replicas = Math.Max(3, state.Nodes.Count);

    public async Task RunAsync(Progress progress, CancellationToken cancel)
    {
        await progress.RunAsync("sample", _ => ApplyAsync(cancel)).ConfigureAwait(false);
        var pods = await progress.RunAsync("sample's pods Ready", step => PodsAsync(step, cancel)).ConfigureAwait(false);
        var service = await client.GetAsync(KubeResources.Services, "default", "echo", cancel).ConfigureAwait(false);
        var names = pods.Select(pod => pod.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var node in state.Nodes)
        {
            var from = pods.FirstOrDefault(pod => pod.Spec?.NodeName == node.Name);
            await progress.RunAsync($"from {(from is null ? $"node {node.Name}" : $"pod {from.Metadata.Name} on {node.Name}")}", step =>
            {
                var answered = Ask(node, from, service.Spec!.ClusterIP!, 80, names);
                _ = Ask(node, null, node.Address, NodePort, names);
                step.Detail = $"ClusterIP {service.Spec.ClusterIP} and NodePort {NodePort} answered from {answered} of {names.Count} replicas";
                return Task.CompletedTask;
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Creates what is missing; what is there from an earlier run stays.</summary>
    private async Task ApplyAsync(CancellationToken cancel)
    {
        var manifest = SampleManifest.Read(paths.Program("podwire-echo"), replicas);
        await CreateAsync(KubeResources.Deployments, manifest.Deployment, cancel).ConfigureAwait(false);
        foreach (var service in manifest.Services)
        {
            await CreateAsync(KubeResources.Services, service, cancel).ConfigureAwait(false);
        }
    }

    private async Task CreateAsync<T>(KubeResource<T> resource, T value, CancellationToken cancel)
        where T : class, IKubeObject
    {
        try
        {
            await client.CreateAsync(resource, value, cancel).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // A second run: what the person made of it since is theirs.
        }
    }

    private async Task<IReadOnlyList<Pod>> PodsAsync(Progress.Step step, CancellationToken cancel)
    {
        IReadOnlyList<Pod> ready = [];
        await Wait.UntilAsync("the sample's pods are Ready", Limit, paths.Logs(Underlay.NodeName(1)), async () =>
        {
            var deployment = await client.GetAsync(KubeResources.Deployments, "default", "echo", cancel).ConfigureAwait(false);
            var wanted = deployment.Spec?.Replicas ?? 1;
            var list = await client.ListAsync(KubeResources.Pods, "default", new ListOptions { LabelSelector = "app=echo" }, cancel).ConfigureAwait(false);
            ready = [.. list.Items.Where(NodeReadiness.IsReady)];
            step.Detail = $"{ready.Count} of {wanted}";
            return ready.Count == wanted;
        }, step, cancel).ConfigureAwait(false);
        return ready;
    }

    /// <summary>Asks until every replica has answered.</summary>
    private static int Ask(NodeState node, Pod? from, string address, int port, HashSet<string> replicas)
    {
        HashSet<string> Collect()
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var failures = 0;
            var began = Stopwatch.StartNew();
            for (var i = 0; (i < MostRequests || began.Elapsed < ProxyDelay) && seen.Count < replicas.Count; i++)
            {
                if (i >= QuickRequests)
                {
                    Thread.Sleep(10);
                }

                try
                {
                    seen.Add(EchoRequest.Pod(address, port));
                }
                catch (System.Net.Sockets.SocketException) when (++failures < 100)
                {
                    // The proxy may be some milliseconds behind the pods' readiness.
                    Thread.Sleep(50);
                }
            }

            return seen;
        }

        var answered = from is null ? NodeNamespaces.InNode(node, Collect) : NodeNamespaces.InContainer(node, ProcessOf(node, from), Collect);
        return answered.SetEquals(replicas)
            ? answered.Count
            : throw new ClusterException($"from {from?.Metadata.Name ?? node.Name}, {address}:{port} answered from {answered.Count} of {replicas.Count} replicas; missing: {string.Join(", ", replicas.Except(answered))}");
    }

    private static int ProcessOf(NodeState node, Pod pod) =>
        NodeNamespaces.InNode(node, () => PodProcesses.Find(pod.Metadata.Namespace!, pod.Metadata.Name))
        ?? throw new ClusterException($"{pod.Metadata.Name} is Ready but has no running container on {node.Name}");
}
