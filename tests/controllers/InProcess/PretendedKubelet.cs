using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Tests.InProcess;

/// <summary>Registers a node, renews its lease, calls every pod on it running and ready, and lets deleted ones go. No process is started.</summary>
internal sealed class PretendedKubelet : IAsyncDisposable
{
    private readonly KubeClient client;
    private readonly string name;
    private readonly int number;
    private readonly CancellationTokenSource stop = new();
    private readonly Feed feed;
    private Task running = Task.CompletedTask;
    private int addresses;

    private PretendedKubelet(KubeClient client, string name, int number)
    {
        this.client = client;
        this.name = name;
        this.number = number;
        feed = new(client, name);
    }

    /// <summary>Pods are called ready only while this holds.</summary>
    public bool PodsBecomeReady { get; set; } = true;

    public static async Task<PretendedKubelet> StartAsync(KubeClient client, string name, string cpu, string pods, int number, CancellationToken cancel)
    {
        var kubelet = new PretendedKubelet(client, name, number);
        var node = Make.Node(name, cpu, pods: pods);
        node.Metadata.Uid = node.Metadata.ResourceVersion = null;
        node.Metadata.CreationTimestamp = null;
        node.Metadata.Labels["topology.kubernetes.io/zone"] = "zone-" + number;
        var made = await client.CreateAsync(KubeResources.Nodes, node, cancel);
        var status = new JsonObject { ["status"] = JsonSerializer.SerializeToNode(node.Status, KubeJson.TypeInfo<NodeStatus>()) };
        await client.PatchStatusAsync(KubeResources.Nodes, null, made.Metadata.Name, KubePatch.Strategic(status), cancel);
        kubelet.running = kubelet.RunAsync();
        return kubelet;
    }

    /// <summary>Falls silent: no lease, no pod status.</summary>
    public async Task FallSilentAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await FallSilentAsync();
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        var watching = feed.Reflector.RunAsync(stop.Token);
        var renewed = DateTime.MinValue;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (DateTime.UtcNow - renewed > TimeSpan.FromMilliseconds(500))
                {
                    await RenewAsync();
                    renewed = DateTime.UtcNow;
                }

                foreach (var pod in feed.Reflector.Store.List())
                {
                    await TendAsync(pod);
                }

                await Task.Delay(20, stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (KubeApiException)
            {
                // Changed or gone in between: the next round sees it.
            }
        }

        await watching;
    }

    private async Task TendAsync(Pod pod)
    {
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            await client.TryDeleteAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, stop.Token, new() { GracePeriodSeconds = 0, Preconditions = new() { Uid = pod.Metadata.Uid } });
            return;
        }

        var isReady = pod.Status.Conditions.Exists(condition => condition is { Type: "Ready", Status: "True" });
        if (pod.Status.Phase == "Running" && isReady == PodsBecomeReady)
        {
            return;
        }

        var address = pod.Status.PodIP ?? $"10.244.{number}.{++addresses}";
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["status"] = new JsonObject
            {
                ["phase"] = "Running",
                ["podIP"] = address,
                ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address }),
                ["conditions"] = new JsonArray(JsonSerializer.SerializeToNode(
                    new Condition { Type = "Ready", Status = PodsBecomeReady ? "True" : "False", LastTransitionTime = DateTimeOffset.UtcNow },
                    KubeJson.TypeInfo<Condition>())),
            },
        };
        await client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Strategic(patch), stop.Token);
    }

    private async Task RenewAsync()
    {
        var lease = await client.TryGetAsync(KubeResources.Leases, "kube-node-lease", name, stop.Token);
        if (lease is null)
        {
            await client.CreateAsync(KubeResources.Leases, new Lease { Metadata = { Name = name, Namespace = "kube-node-lease" }, Spec = { HolderIdentity = name, RenewTime = DateTimeOffset.UtcNow } }, stop.Token);
            return;
        }

        lease.Spec.RenewTime = DateTimeOffset.UtcNow;
        await client.UpdateAsync(KubeResources.Leases, lease, stop.Token);
    }

    private sealed class Feed(KubeClient client, string node)
    {
        public Reflector<Pod> Reflector { get; } = new(client, KubeResources.Pods, null, new ReflectorOptions { FieldSelector = $"spec.nodeName={node}" });
    }
}
