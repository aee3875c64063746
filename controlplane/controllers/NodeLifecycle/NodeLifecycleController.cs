using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeLifecycle;

/// <summary>
/// Watches over the nodes: one that has not been heard of for too long gets conditions Unknown and its pods are marked not ready; taints follow from conditions. When
/// no node at all is ready, the fault is likelier here than there, and nothing is evicted.
/// </summary>
internal sealed class NodeLifecycleController : LoopController
{
    private readonly ControllerContext context;
    private readonly NodeLifecycleOptions options;
    private readonly EventRecorder events;
    private readonly Dictionary<string, NodeHealth> healths = new(StringComparer.Ordinal);
    private readonly HashSet<string> marked = new(StringComparer.Ordinal);
    private readonly TokenBucket evictions;

    /// <summary>A controller over the shared feeds.</summary>
    public NodeLifecycleController(ControllerContext context)
        : base("node-lifecycle", context.Loggers.CreateLogger("node-lifecycle"), TimeSpan.FromMilliseconds(200), context.Options.NodeLifecycle.Period, context.Time)
    {
        this.context = context;
        options = context.Options.NodeLifecycle;
        events = context.Recorder("node-controller");
        evictions = new(options.EvictionRate, context.Time);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() => [When(context.Feeds.Nodes, Matters)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(CancellationToken cancel)
    {
        var now = context.Time.GetUtcNow();
        var nodes = context.Feeds.Nodes.Store.List().OrderBy(node => node.Metadata.Name, StringComparer.Ordinal).ToList();
        foreach (var gone in healths.Keys.Except(nodes.Select(node => node.Metadata.Uid ?? string.Empty)).ToList())
        {
            healths.Remove(gone);
            marked.Remove(gone);
        }

        var verdicts = nodes.Select(node => (Node: node, Verdict: Judge(node, now))).ToList();
        var allDown = verdicts.Count > 0 && verdicts.TrueForAll(pair => !pair.Verdict.IsReady);
        var failures = new List<Exception>();
        foreach (var (node, verdict) in verdicts)
        {
            try
            {
                await ApplyAsync(node, verdict, allDown, now, cancel).ConfigureAwait(false);
            }
            catch (KubeApiException refused) when (refused.IsConflict || refused.IsNotFound)
            {
                ControllersLog.Retry(Logger, Name, node.Metadata.Name, refused.Message);
            }
            catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private static bool Matters(ObjectChange<Node> change) =>
        change.Old is not { } old || change.New is not { } now
        || old.Spec.Unschedulable != now.Spec.Unschedulable
        || old.Spec.Taints.Count != now.Spec.Taints.Count
        || now.Status.Conditions.Exists(condition => Conditions.Find(old.Status.Conditions, condition.Type)?.Status != condition.Status);

    private NodeVerdict Judge(Node node, DateTimeOffset now)
    {
        var uid = node.Metadata.Uid ?? string.Empty;
        var lease = context.Feeds.Leases.Store.Get("kube-node-lease", node.Metadata.Name);
        var health = healths[uid] = NodeHealth.Look(healths.GetValueOrDefault(uid), node, lease, now);
        return NodeVerdict.Compile(node, health, options, now);
    }

    private async Task ApplyAsync(Node node, NodeVerdict verdict, bool allDown, DateTimeOffset now, CancellationToken cancel)
    {
        if (verdict.Conditions.Count > 0)
        {
            ControllersLog.NodeSilent(Logger, node.Metadata.Name, healths[node.Metadata.Uid ?? string.Empty].HeardAt);
            events.Normal(node, "NodeNotReady", $"Node {node.Metadata.Name} status is now: NodeNotReady");
            var conditions = new JsonArray([.. verdict.Conditions.Select(condition => JsonSerializer.SerializeToNode(condition, KubeJson.TypeInfo<Condition>()))]);
            var patch = new JsonObject { ["metadata"] = Guard(node), ["status"] = new JsonObject { ["conditions"] = conditions } };
            node = await context.Client.PatchStatusAsync(KubeResources.Nodes, null, node.Metadata.Name, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
        }

        await TaintAsync(node, verdict, allDown, cancel).ConfigureAwait(false);
        // While a kubelet still talks it has the last word on its pods: then once is enough.
        var uid = node.Metadata.Uid ?? string.Empty;
        if (verdict.Evicting is null)
        {
            marked.Remove(uid);
        }
        else if (verdict.Evicting.Key == Taints.Unreachable || !marked.Contains(uid))
        {
            await MarkPodsAsync(node, now, cancel).ConfigureAwait(false);
            marked.Add(uid);
        }
    }

    private async Task TaintAsync(Node node, NodeVerdict verdict, bool allDown, CancellationToken cancel)
    {
        var taints = verdict.Taints.ToList();
        var present = NodeVerdict.PresentEvicting(node);
        if (verdict.Evicting is { } evicting && !allDown)
        {
            if (present is not null)
            {
                // From not ready to unreachable and back the taint changes, and the time of its tolerations begins anew.
                taints.Add(present.Key == evicting.Key ? present : evicting);
            }
            else if (evictions.TryTake())
            {
                taints.Add(evicting);
            }
        }

        if (Same(node.Spec.Taints, taints))
        {
            return;
        }

        var list = new JsonArray([.. taints.Select(taint => JsonSerializer.SerializeToNode(taint, KubeJson.TypeInfo<Taint>()))]);
        var patch = new JsonObject { ["metadata"] = Guard(node), ["spec"] = new JsonObject { ["taints"] = list } };
        await context.Client.PatchAsync(KubeResources.Nodes, null, node.Metadata.Name, KubePatch.Merge(patch), cancel).ConfigureAwait(false);
        ControllersLog.NodeTainted(Logger, node.Metadata.Name, taints.Count == 0 ? "none" : string.Join(", ", taints.Select(taint => $"{taint.Key}:{taint.Effect}")));
    }

    /// <summary>The pods of a node that is not ready are not ready: nothing else would take them out of the services.</summary>
    private async Task MarkPodsAsync(Node node, DateTimeOffset now, CancellationToken cancel)
    {
        foreach (var pod in context.Feeds.Pods.Store.ByIndex(ClusterFeeds.ByNode, node.Metadata.Name).Where(PodFacts.IsReady))
        {
            var condition = new JsonObject
            {
                ["type"] = "Ready",
                ["status"] = "False",
                ["lastTransitionTime"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
            };
            var patch = new JsonObject { ["metadata"] = Guard(pod), ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) } };
            try
            {
                await context.Client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
                events.Warning(pod, "NodeNotReady", "Node is not ready");
            }
            catch (KubeApiException refused) when (refused.IsConflict || refused.IsNotFound)
            {
                ControllersLog.Retry(Logger, Name, PodFacts.Key(pod), refused.Message);
            }
        }
    }

    private static JsonObject Guard(IKubeObject value) => new() { ["uid"] = value.Metadata.Uid, ["resourceVersion"] = value.Metadata.ResourceVersion };

    private static bool Same(IReadOnlyList<Taint> left, IReadOnlyList<Taint> right) =>
        left.Count == right.Count && left.All(taint => right.Any(other => other.Key == taint.Key && other.Effect == taint.Effect && other.Value == taint.Value));
}
