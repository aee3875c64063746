using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.ReplicaSets;

/// <summary>What a replica set needs now.</summary>
/// <param name="Create">Pods to make.</param>
/// <param name="Delete">Pods to delete, least missed first.</param>
/// <param name="Status">The status to have, without the condition ReplicaFailure, which only the making of pods can know.</param>
/// <param name="Recheck">When the next ready pod becomes available, if none changes before.</param>
internal sealed record ReplicaSetPlan(int Create, IReadOnlyList<Pod> Delete, ReplicaSetStatus Status, TimeSpan? Recheck)
{
    /// <summary>More than this many pods are neither made nor deleted in one step.</summary>
    public const int Burst = 500;

    /// <summary>Decides for one replica set. Pure.</summary>
    /// <param name="set">The replica set.</param>
    /// <param name="owned">The pods it controls.</param>
    /// <param name="related">Pods of all replica sets of the same owner, these included.</param>
    /// <param name="now">The time.</param>
    public static ReplicaSetPlan Compile(ReplicaSet set, IReadOnlyList<Pod> owned, IEnumerable<Pod> related, DateTimeOffset now)
    {
        var active = owned.Where(PodFacts.IsActive).ToList();
        var wanted = set.Spec.Replicas ?? 1;
        var goes = set.Metadata.DeletionTimestamp is not null;
        var missing = goes ? 0 : Math.Clamp(wanted - active.Count, 0, Burst);
        var surplus = goes ? 0 : Math.Clamp(active.Count - wanted, 0, Burst);
        List<Pod> delete = surplus == 0 ? [] : [.. active.Order(DeletionOrder.Over(related, now)).Take(surplus)];
        var minReady = set.Spec.MinReadySeconds ?? 0;
        var status = new ReplicaSetStatus
        {
            Replicas = active.Count,
            FullyLabeledReplicas = active.Count(pod => set.Spec.Template.Metadata.Labels.All(label => pod.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value)),
            ReadyReplicas = active.Count(PodFacts.IsReady),
            AvailableReplicas = active.Count(pod => PodFacts.IsAvailable(pod, minReady, now)),
            ObservedGeneration = set.Metadata.Generation,
            Conditions = set.Status.Conditions,
            Unknown = set.Status.Unknown,
        };
        return new(missing, delete, status, Next(active, minReady, now));
    }

    private static TimeSpan? Next(List<Pod> active, int minReady, DateTimeOffset now)
    {
        var waits = active
            .Where(pod => PodFacts.IsReady(pod) && !PodFacts.IsAvailable(pod, minReady, now))
            .Select(pod => PodFacts.ReadySince(pod) is { } since ? since.AddSeconds(minReady) - now : TimeSpan.FromSeconds(minReady))
            .ToList();
        return waits.Count == 0 ? null : waits.Min();
    }
}
