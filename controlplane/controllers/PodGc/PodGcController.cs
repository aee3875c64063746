using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.PodGc;

/// <summary>Removes pods that no kubelet will ever end: see <see cref="PodGcPlan"/>.</summary>
internal sealed class PodGcController : LoopController
{
    private readonly ControllerContext context;
    private readonly Dictionary<string, DateTimeOffset> missingSince = new(StringComparer.Ordinal);

    /// <summary>A controller over the shared feeds.</summary>
    public PodGcController(ControllerContext context)
        : base("pod-gc", context.Loggers.CreateLogger("pod-gc"), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), context.Time) => this.context = context;

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
    [
        When(context.Feeds.Nodes, change => change.IsDeleted || change.IsAdded),
        When(context.Feeds.Pods, change => change.New?.Metadata.DeletionTimestamp is not null && !PodFacts.IsBound(change.New)),
    ];

    /// <inheritdoc/>
    protected override async Task SyncAsync(CancellationToken cancel)
    {
        var now = context.Time.GetUtcNow();
        var pods = context.Feeds.Pods.Store.List();
        var nodes = context.Feeds.Nodes.Store.List().ToDictionary(node => node.Metadata.Name, StringComparer.Ordinal);
        await NoteMissingAsync(pods, nodes, now, cancel).ConfigureAwait(false);
        var plan = PodGcPlan.Compile(pods, nodes, name => missingSince.TryGetValue(name, out var since) && since + context.Options.NodeGoneQuarantine <= now, context.Options.EndedPodThreshold);
        foreach (var pod in plan.Orphaned)
        {
            await RemoveAsync(pod, $"its node {pod.Spec.NodeName} is gone", markFailed: true, cancel).ConfigureAwait(false);
        }

        foreach (var pod in plan.OutOfService)
        {
            await RemoveAsync(pod, $"its node {pod.Spec.NodeName} is out of service", markFailed: true, cancel).ConfigureAwait(false);
        }

        foreach (var pod in plan.Unscheduled)
        {
            await RemoveAsync(pod, "it was deleted before it had a node", markFailed: false, cancel).ConfigureAwait(false);
        }

        foreach (var pod in plan.Ended)
        {
            await RemoveAsync(pod, "it has ended and there are too many that have", markFailed: false, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A node counts as missing only after the API server itself said so: the watch of nodes may be behind that of pods.</summary>
    private async Task NoteMissingAsync(IEnumerable<Pod> pods, Dictionary<string, Node> nodes, DateTimeOffset now, CancellationToken cancel)
    {
        var missing = pods.Where(PodFacts.IsBound).Select(pod => pod.Spec.NodeName!).Where(name => !nodes.ContainsKey(name)).ToHashSet(StringComparer.Ordinal);
        foreach (var back in missingSince.Keys.Except(missing).ToList())
        {
            missingSince.Remove(back);
        }

        foreach (var name in missing.Where(name => !missingSince.ContainsKey(name)))
        {
            if (await context.Client.TryGetAsync(KubeResources.Nodes, null, name, cancel).ConfigureAwait(false) is null)
            {
                missingSince[name] = now;
            }
        }
    }

    private async Task RemoveAsync(Pod pod, string reason, bool markFailed, CancellationToken cancel)
    {
        try
        {
            if (markFailed && !PodFacts.HasEnded(pod))
            {
                await MarkFailedAsync(pod, cancel).ConfigureAwait(false);
            }

            var options = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new() { Uid = pod.Metadata.Uid } };
            if (await context.Client.TryDeleteAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel, options).ConfigureAwait(false))
            {
                ControllersLog.PodCollected(Logger, PodFacts.Key(pod), reason);
            }
        }
        catch (KubeApiException refused) when (refused.IsConflict || refused.IsNotFound)
        {
            ControllersLog.Retry(Logger, Name, PodFacts.Key(pod), refused.Message);
        }
    }

    private async Task MarkFailedAsync(Pod pod, CancellationToken cancel)
    {
        var condition = new JsonObject
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["reason"] = "DeletionByPodGC",
            ["message"] = "PodGC: node no longer exists",
            ["lastTransitionTime"] = context.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
        };
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["status"] = new JsonObject { ["phase"] = "Failed", ["conditions"] = new JsonArray(condition) },
        };
        await context.Client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
    }
}
