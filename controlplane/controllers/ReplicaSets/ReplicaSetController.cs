using Microsoft.Extensions.Logging;
using Podwire.Controllers.Runtime;
using Podwire.Kube;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.Controllers.ReplicaSets;

/// <summary>Keeps as many pods as each replica set asks for, adopts those it selects, and tells how many are ready.</summary>
internal sealed class ReplicaSetController : KeyedController
{
    private readonly ControllerContext context;
    private readonly EventRecorder events;
    private readonly WriteTracker<Pod> writes;

    /// <summary>A controller over the shared feeds.</summary>
    public ReplicaSetController(ControllerContext context)
        : base("replicaset", context.Loggers.CreateLogger("replicaset"))
    {
        this.context = context;
        events = context.Recorder("replicaset-controller");
        writes = new(context.Feeds.Pods);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IDisposable> Subscribe() =>
        [Own(context.Feeds.ReplicaSets), Owners(context.Feeds.Pods, "ReplicaSet"), context.Feeds.Pods.Store.Subscribe(QueueAdopters)];

    /// <inheritdoc/>
    protected override async Task SyncAsync(ObjectKey key, CancellationToken cancel)
    {
        if (!context.Feeds.ReplicaSets.Store.TryGet(key, out var set))
        {
            writes.Forget(key);
            return;
        }

        if (!writes.IsCurrent(key))
        {
            // The event that makes it current queues the key as well; this is for the case that it came just before the write was noted.
            Queue.AddAfter(key, TimeSpan.FromSeconds(1));
            return;
        }

        var claim = Claim<Pod>.Compile(set, Selector.From(set.Spec.Selector).Matches, ClusterFeeds.CandidatesOf(context.Feeds.Pods, set));
        await Ownership.SettleAsync(context.Client, KubeResources.Pods, KubeResources.ReplicaSets, set, claim, PodFacts.HasEnded, adopted => writes.Wrote(key, adopted), cancel).ConfigureAwait(false);
        if (claim.Adopt.Any(pod => !PodFacts.HasEnded(pod)))
        {
            return;
        }

        var plan = ReplicaSetPlan.Compile(set, claim.Owned, Related(set), context.Time.GetUtcNow());
        var failure = await ApplyAsync(key, set, plan, cancel).ConfigureAwait(false);
        await WriteStatusAsync(set, plan, failure, cancel).ConfigureAwait(false);
        if (plan.Recheck is { } wait)
        {
            Queue.AddAfter(key, wait);
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private IEnumerable<Pod> Related(ReplicaSet set)
    {
        var owner = ControllerReference.Of(set)?.Uid;
        var sets = owner is null ? [set] : context.Feeds.ReplicaSets.Store.ByIndex(ClusterFeeds.ByController, owner);
        return sets.SelectMany(one => context.Feeds.Pods.Store.ByIndex(ClusterFeeds.ByController, one.Metadata.Uid ?? string.Empty));
    }

    /// <summary>A pod without a controller may be one that a replica set selects.</summary>
    private void QueueAdopters(ObjectChange<Pod> change)
    {
        if (change.New is not { } pod || ControllerReference.Of(pod) is not null)
        {
            return;
        }

        foreach (var set in context.Feeds.ReplicaSets.Store.ByIndex(ClusterFeeds.ByNamespace, pod.Metadata.Namespace ?? string.Empty))
        {
            if (Selector.From(set.Spec.Selector).Matches(pod.Metadata.Labels))
            {
                Queue.Add(ObjectKey.Of(set));
            }
        }
    }

    private async Task<Exception?> ApplyAsync(ObjectKey key, ReplicaSet set, ReplicaSetPlan plan, CancellationToken cancel)
    {
        Exception? failure = null;
        var (created, deleted) = (0, 0);
        if (plan.Create > 0)
        {
            (created, failure) = await SlowStart.RunAsync(plan.Create, () => CreateAsync(key, set, cancel), Stopping).ConfigureAwait(false);
        }
        else if (plan.Delete.Count > 0)
        {
            var queue = new Queue<Pod>(plan.Delete);
            (deleted, failure) = await SlowStart.RunAsync(plan.Delete.Count, () => DeleteAsync(key, set, queue.Dequeue(), cancel), Stopping).ConfigureAwait(false);
        }

        if (created + deleted > 0)
        {
            ControllersLog.Replicated(Logger, key.ToString(), created, deleted);
        }

        return failure;
    }

    private async Task CreateAsync(ObjectKey key, ReplicaSet set, CancellationToken cancel)
    {
        var template = KubeJson.Clone(set.Spec.Template);
        var pod = new Pod
        {
            Metadata =
            {
                GenerateName = set.Metadata.Name + "-",
                Namespace = set.Metadata.Namespace,
                Labels = template.Metadata.Labels,
                Annotations = template.Metadata.Annotations,
                Finalizers = template.Metadata.Finalizers,
                OwnerReferences = [ControllerReference.To(set)],
            },
            Spec = template.Spec,
        };
        try
        {
            var made = await context.Client.CreateAsync(KubeResources.Pods, pod, cancel).ConfigureAwait(false);
            writes.Wrote(key, made);
            events.Normal(set, "SuccessfulCreate", $"Created pod: {made.Metadata.Name}");
        }
        catch (KubeApiException refused)
        {
            events.Warning(set, "FailedCreate", $"Error creating: {refused.Message}");
            throw;
        }
    }

    private async Task DeleteAsync(ObjectKey key, ReplicaSet set, Pod pod, CancellationToken cancel)
    {
        var options = new DeleteOptions { Preconditions = new() { Uid = pod.Metadata.Uid } };
        try
        {
            await context.Client.TryDeleteAsync(KubeResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name, cancel, options).ConfigureAwait(false);
            writes.Deleted(key, pod);
            events.Normal(set, "SuccessfulDelete", $"Deleted pod: {pod.Metadata.Name}");
        }
        catch (KubeApiException refused)
        {
            events.Warning(set, "FailedDelete", $"Error deleting: {refused.Message}");
            throw;
        }
    }

    private async Task WriteStatusAsync(ReplicaSet set, ReplicaSetPlan plan, Exception? failure, CancellationToken cancel)
    {
        var status = plan.Status;
        status.Conditions = failure is null
            ? Conditions.Without(status.Conditions, "ReplicaFailure")
            : Conditions.With(status.Conditions, new()
            {
                Type = "ReplicaFailure",
                Status = "True",
                Reason = plan.Create > 0 ? "FailedCreate" : "FailedDelete",
                Message = failure.Message,
                LastTransitionTime = context.Time.GetUtcNow(),
            });
        var wanted = new ReplicaSet { Metadata = set.Metadata, Spec = set.Spec, Status = status, Unknown = set.Unknown };
        if (MergeDiff.Between(KubeResources.ReplicaSets, set, wanted) is { } patch)
        {
            await context.Client.PatchStatusAsync(KubeResources.ReplicaSets, set.Metadata.Namespace, set.Metadata.Name, patch, cancel).ConfigureAwait(false);
        }
    }
}
