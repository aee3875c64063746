using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeLifecycle;

/// <summary>Deletes pods from nodes with NoExecute taints once their tolerations have run out.</summary>
internal sealed class TaintEvictionController : KeyedController
{
    private readonly ControllerContext context;
    private readonly EventRecorder events;
    private readonly Lock gate = new();
    private readonly Dictionary<(string Uid, string Taint), DateTimeOffset> firstSeen = [];

    /// <summary>A controller over the shared feeds.</summary>
    public TaintEvictionController(ControllerContext context)
        : base("taint-eviction", context.Loggers.CreateLogger("taint-eviction"))
    {
        this.context = context;
        events = context.Recorder("taint-eviction-controller");
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
    [
        context.Feeds.Nodes.Store.Subscribe(QueuePods),
        context.Feeds.Pods.Store.Subscribe(change =>
        {
            if (change.New is { } pod && PodFacts.IsBound(pod) && (change.Old is null || !PodFacts.IsBound(change.Old) || change.Old.Metadata.Generation != pod.Metadata.Generation))
            {
                Queue.Add(change.Key);
            }
        }),
    ];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (!context.Feeds.Pods.Store.TryGet(key, out var pod) || !PodFacts.IsActive(pod) || !PodFacts.IsBound(pod)
            || context.Feeds.Nodes.Store.Get(null, pod.Spec.NodeName!) is not { } node
            || EvictionTimes.Of(pod, node.Spec.Taints, taint => FirstSeen(node, taint), context.Options.NodeLifecycle.DefaultToleration) is not { } due)
        {
            return;
        }

        var wait = due - context.Time.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            Queue.AddAfter(key, wait);
            return;
        }

        await EvictAsync(pod, cancel).ConfigureAwait(false);
    }

    private DateTimeOffset FirstSeen(Node node, Taint taint)
    {
        lock (gate)
        {
            var key = (node.Metadata.Uid ?? string.Empty, $"{taint.Key}={taint.Value}");
            if (!firstSeen.TryGetValue(key, out var since))
            {
                firstSeen[key] = since = context.Time.GetUtcNow();
            }

            return since;
        }
    }

    private void QueuePods(ObjectChange<Node> change)
    {
        var node = (change.New ?? change.Old)!;
        var evicts = change.New?.Spec.Taints.Where(taint => taint.Effect == Taints.NoExecute).Select(taint => $"{taint.Key}={taint.Value}").ToHashSet() ?? [];
        lock (gate)
        {
            foreach (var past in firstSeen.Keys.Where(seen => seen.Uid == node.Metadata.Uid && !evicts.Contains(seen.Taint)).ToList())
            {
                firstSeen.Remove(past);
            }
        }

        if (evicts.Count == 0)
        {
            return;
        }

        foreach (var pod in context.Feeds.Pods.Store.ByIndex(ClusterFeeds.ByNode, node.Metadata.Name))
        {
            Queue.Add(ObjectKey.Of(pod));
        }
    }

    private async Task EvictAsync(Pod pod, CancellationToken cancel)
    {
        var now = context.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        var condition = new JsonObject
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["reason"] = "DeletionByTaintManager",
            ["message"] = "Taint manager: deleting due to NoExecute taint",
            ["lastTransitionTime"] = now,
        };
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) },
        };
        await context.Client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
        var options = new DeleteOptions { Preconditions = new() { Uid = pod.Metadata.Uid } };
        await context.Client.DeleteAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel, options).ConfigureAwait(false);
        events.Normal(pod, "TaintManagerEviction", $"Marking for deletion Pod {PodFacts.Key(pod)}");
        ControllersLog.Evicted(Logger, PodFacts.Key(pod), pod.Spec.NodeName!);
    }
}
