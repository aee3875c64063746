using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// Gives every pod of schedulerName default-scheduler a node. One pod at a time is placed, in memory; bindings are written several at a time, and a
/// pod counts on its node from its placement on.
/// </summary>
internal sealed class SchedulerController : IController, IDisposable
{
    /// <summary>The schedulerName of pods that are ours.</summary>
    public const string SchedulerName = "default-scheduler";

    private const int Bindings = 16;
    private readonly ControllerContext context;
    private readonly EventRecorder events;
    private readonly ILogger logger;
    private readonly SchedulerCache cache = new();
    private readonly SchedulingQueue queue;
    private readonly SemaphoreSlim binding = new(Bindings);

    /// <summary>A scheduler over the shared feeds.</summary>
    public SchedulerController(ControllerContext context)
    {
        this.context = context;
        events = context.Recorder(SchedulerName);
        logger = context.Loggers.CreateLogger("scheduler");
        queue = new(context.Time);
    }

    /// <inheritdoc/>
    public string Name => "scheduler";

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var grace = new Grace(cancel);

        // Nodes and the pods on them first, so that the first decision already sees them all.
        using var nodes = context.Feeds.Nodes.Store.Subscribe(OnNode);
        using var pods = context.Feeds.Pods.Store.Subscribe(OnPod);
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                var changed = queue.Changed();
                var moves = queue.Moves;
                if (queue.TryTake(out var pod, out var wait))
                {
                    await ScheduleAsync(pod!, moves, grace.Token, cancel).ConfigureAwait(false);
                    continue;
                }

                await Task.WhenAny(changed, Task.Delay(wait ?? Timeout.InfiniteTimeSpan, context.Time, cancel)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        finally
        {
            // Bindings on their way are given their time: whoever schedules next must find them.
            for (var i = 0; i < Bindings; i++)
            {
                await binding.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }

            binding.Release(Bindings);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => binding.Dispose();

    private static bool IsOurs(Pod pod) => pod.Spec.SchedulerName is null or "" or SchedulerName;

    private static bool Waits(Pod pod) => IsOurs(pod) && !PodFacts.IsBound(pod) && PodFacts.IsActive(pod) && pod.Spec.SchedulingGates.Count == 0;

    private void OnNode(ObjectChange<Node> change)
    {
        if (change.New is not { } node)
        {
            cache.RemoveNode(change.Key.Name);
            return;
        }

        cache.SetNode(node);
        if (change.Old is not { } old || !SameForPods(old, node))
        {
            queue.Wake();
        }
    }

    /// <summary>True if nothing of the node changed that decides where pods go; heartbeats change nothing.</summary>
    private static bool SameForPods(Node old, Node now) =>
        old.Spec.Unschedulable == now.Spec.Unschedulable
        && Conditions.IsTrue(old.Status.Conditions, "Ready") == Conditions.IsTrue(now.Status.Conditions, "Ready")
        && old.Spec.Taints.Select(Text).SequenceEqual(now.Spec.Taints.Select(Text))
        && old.Metadata.Labels.Count == now.Metadata.Labels.Count
        && old.Metadata.Labels.All(label => now.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value)
        && old.Status.Allocatable.Count == now.Status.Allocatable.Count
        && old.Status.Allocatable.All(pair => now.Status.Allocatable.TryGetValue(pair.Key, out var amount) && amount == pair.Value);

    private static string Text(Taint taint) => $"{taint.Key}={taint.Value}:{taint.Effect}";

    private void OnPod(ObjectChange<Pod> change)
    {
        if (change.New is not { } pod)
        {
            cache.RemovePod(change.Old!);
            queue.Remove(change.Old!);
            queue.Wake();
            return;
        }

        cache.SetPod(pod);
        if (Waits(pod))
        {
            if (!cache.IsPlaced(pod))
            {
                queue.Set(pod);
            }

            return;
        }

        queue.Remove(pod);
        if (PodFacts.HasEnded(pod) && change.Old is not null && !PodFacts.HasEnded(change.Old))
        {
            queue.Wake();
        }
        else if (PodFacts.IsBound(pod) && (change.Old is null || !PodFacts.IsBound(change.Old)))
        {
            // One more pod on a node takes room; it helps only those that want to be near it, or that others be spread first.
            queue.Wake(waiting => waiting.Spec.Affinity?.PodAffinity is not null || waiting.Spec.TopologySpreadConstraints.Count > 0);
        }
    }

    private async Task ScheduleAsync(Pod pod, long moves, CancellationToken late, CancellationToken cancel)
    {
        var placement = cache.Place(pod, NamespaceLabels);
        if (placement.Node is not { } node)
        {
            queue.PutBack(pod, moves);
            events.Warning(pod, "FailedScheduling", placement.Message);
            await MarkUnschedulableAsync(pod, placement.Message, cancel).ConfigureAwait(false);
            return;
        }

        await binding.WaitAsync(cancel).ConfigureAwait(false);
        _ = BindAsync(pod, node, moves, late);
    }

    private async Task BindAsync(Pod pod, string node, long moves, CancellationToken cancel)
    {
        var (ns, name) = (pod.Metadata.Namespace ?? string.Empty, pod.Metadata.Name);
        try
        {
            await context.Client.BindAsync(ns, name, node, cancel, pod.Metadata.Uid).ConfigureAwait(false);
            ControllersLog.Bound(logger, PodFacts.Key(pod), node);
            events.Normal(pod, "Scheduled", $"Successfully assigned {ns}/{name} to {node}");
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException or JsonException)
        {
            ControllersLog.BindFailed(logger, PodFacts.Key(pod), node, failure.Message);
            await RecoverAsync(pod, moves, failure, cancel).ConfigureAwait(false);
        }
        finally
        {
            binding.Release();
        }
    }

    /// <summary>
    /// A binding that was refused gives its place back. One without an answer may have been taken all the same: the place is kept until the API server says how
    /// the pod stands.
    /// </summary>
    private async Task RecoverAsync(Pod pod, long moves, Exception failure, CancellationToken cancel)
    {
        var isRefused = failure is KubeApiException { IsTransient: false };
        for (var wait = TimeSpan.FromMilliseconds(500); !isRefused && !cancel.IsCancellationRequested; wait = wait < TimeSpan.FromSeconds(10) ? wait * 2 : wait)
        {
            try
            {
                await Task.Delay(wait, context.Time, cancel).ConfigureAwait(false);
                var present = await context.Client.TryGetAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel).ConfigureAwait(false);
                if (present is not null && present.Metadata.Uid == pod.Metadata.Uid && PodFacts.IsBound(present))
                {
                    cache.SetPod(present);
                    return;
                }

                isRefused = true;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception again) when (again is KubeApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
            {
                ControllersLog.Retry(logger, Name, PodFacts.Key(pod), again.Message);
            }
        }

        cache.Forget(pod);
        queue.PutBack(pod, moves);
        queue.Wake();
    }

    private IReadOnlyDictionary<string, string> NamespaceLabels(string ns) =>
        context.Feeds.Namespaces.Store.Get(null, ns)?.Metadata.Labels ?? [];

    private async Task MarkUnschedulableAsync(Pod pod, string message, CancellationToken cancel)
    {
        if (Conditions.Find(pod.Status.Conditions, "PodScheduled") is { Status: "False", Reason: "Unschedulable" } present && present.Message == message)
        {
            return;
        }

        ControllersLog.Unschedulable(logger, PodFacts.Key(pod), message);
        var condition = new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "False",
            ["reason"] = "Unschedulable",
            ["message"] = message,
        };
        if (Conditions.Find(pod.Status.Conditions, "PodScheduled")?.Status != "False")
        {
            condition["lastTransitionTime"] = context.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        }

        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["status"] = new JsonObject { ["conditions"] = new JsonArray(condition) },
        };
        try
        {
            await context.Client.PatchStatusAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, KubePatch.Strategic(patch), cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is KubeApiException or HttpRequestException or IOException or TimeoutException)
        {
            ControllersLog.Retry(logger, Name, PodFacts.Key(pod), failure.Message);
        }
    }
}
