using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Nodes;

/// <summary>
/// Keeps the node object and its lease: registers, then every 10 s renews the lease and writes the status if it changed, and
/// at least every 5 minutes if not (Kubernetes: «Node heartbeats»).
/// </summary>
/// <param name="client">The API server.</param>
/// <param name="options">Name, labels, taints, addresses.</param>
/// <param name="facts">The machine.</param>
/// <param name="network">Whether pods can get a network.</param>
/// <param name="clock">The time.</param>
/// <param name="log">The log.</param>
internal sealed class NodeLoop(KubeClient client, KubeletOptions options, NodeFacts facts, INodeNetwork network, TimeProvider clock, ILogger log)
{
    private const string LeaseNamespace = "kube-node-lease";
    private const int LeaseSeconds = 40;
    private static readonly TimeSpan LeaseInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NotReadyInterval = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource registered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Node? node;
    private string? told;
    private DateTimeOffset toldAt;
    private DateTimeOffset leasedAt;
    private string? problem = "not looked at yet";

    /// <summary>Completes once the API has the node.</summary>
    public Task Registered => registered.Task;

    /// <summary>Keeps them until cancelled. Failures are logged once each and tried again.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        string? failed = null;
        while (true)
        {
            try
            {
                await BeatAsync(cancel);
                failed = null;
            }
            catch (Exception error) when (error is KubeApiException or HttpRequestException or IOException or TimeoutException or SocketException or JsonException)
            {
                if (failed != error.Message)
                {
                    failed = error.Message;
                    KubeletLog.HeartbeatFailed(log, error.Message.ReplaceLineEndings(" "));
                }
            }

            var wait = failed is not null || problem is not null || node is null ? NotReadyInterval : options.NodeStatusInterval < LeaseInterval ? options.NodeStatusInterval : LeaseInterval;
            await Task.Delay(wait, clock, cancel);
        }
    }

    private async Task BeatAsync(CancellationToken cancel)
    {
        var now = await network.ProblemAsync(cancel);
        if (now != problem)
        {
            problem = now;
            KubeletLog.NodeCondition(log, options.NodeName, now is null ? "ready" : "not ready", now ?? "pods can get a network");
        }

        if (node is null)
        {
            await RegisterAsync(cancel);
        }

        await TellAsync(cancel);
        if (clock.GetUtcNow() - leasedAt >= LeaseInterval - TimeSpan.FromSeconds(1))
        {
            await RenewAsync(cancel);
        }
    }

    private async Task RegisterAsync(CancellationToken cancel)
    {
        var wanted = NodeBuilder.New(options, NodeBuilder.Status(options, facts, [], problem, clock.GetUtcNow()));
        try
        {
            node = await client.CreateAsync(KubeResources.Nodes, wanted, cancel);
        }
        catch (KubeApiException error) when (error.IsAlreadyExists)
        {
            // Taints are an operator's business once the node exists; labels of ours are set again.
            var labels = new JsonObject();
            foreach (var (name, value) in wanted.Metadata.Labels)
            {
                labels[name] = value;
            }

            var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } };
            node = await client.PatchAsync(KubeResources.Nodes, null, options.NodeName, KubePatch.Merge(patch), cancel);
        }

        KubeletLog.Registered(log, options.NodeName, options.NodeIPs[0]);
        registered.TrySetResult();
    }

    private async Task TellAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var status = NodeBuilder.Status(options, facts, node!.Status.Conditions.FindAll(condition => condition.Type == "Ready"), problem, now);
        var text = Comparable(status);
        if (text == told && now - toldAt < ReportInterval)
        {
            return;
        }

        // Strategic: conditions merge by type, so that what others say of the node stays.
        var patch = new JsonObject { ["status"] = KubeJson.ToNode(status) };
        try
        {
            node = await client.PatchStatusAsync(KubeResources.Nodes, null, options.NodeName, KubePatch.Strategic(patch), cancel);
            (told, toldAt) = (text, now);
        }
        catch (KubeApiException error) when (error.IsNotFound)
        {
            // Someone deleted the node object: register again at the next beat.
            node = null;
            told = null;
            throw;
        }
    }

    private static string Comparable(NodeStatus status) =>
        string.Join(';', status.Conditions.Select(condition => $"{condition.Type}={condition.Status},{condition.Reason},{condition.Message}"))
        + string.Join(';', status.Addresses.Select(address => address.Address)) + status.NodeInfo!.BootID;

    private async Task RenewAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var patch = new JsonObject
        {
            ["spec"] = new JsonObject { ["holderIdentity"] = options.NodeName, ["leaseDurationSeconds"] = LeaseSeconds, ["renewTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'") },
        };
        try
        {
            await client.PatchAsync(KubeResources.Leases, LeaseNamespace, options.NodeName, KubePatch.Merge(patch), cancel);
        }
        catch (KubeApiException error) when (error.IsNotFound)
        {
            await client.CreateAsync(KubeResources.Leases, new Lease
            {
                Metadata =
                {
                    Name = options.NodeName,
                    Namespace = LeaseNamespace,
                    OwnerReferences = [new() { ApiVersion = "v1", Kind = "Node", Name = options.NodeName, Uid = node!.Metadata.Uid! }],
                },
                Spec = { HolderIdentity = options.NodeName, LeaseDurationSeconds = LeaseSeconds, RenewTime = now },
            }, cancel);
        }

        leasedAt = now;
    }
}
