using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.PodGc;

/// <summary>Pods that nobody else will ever delete.</summary>
/// <param name="Orphaned">Pods of nodes that are gone, which no kubelet ends any more.</param>
/// <param name="Unscheduled">Pods being deleted that never had a node.</param>
/// <param name="OutOfService">Pods being deleted on nodes that an operator declared out of service.</param>
/// <param name="Ended">Ended pods beyond the threshold, oldest first.</param>
internal sealed record PodGcPlan(IReadOnlyList<Pod> Orphaned, IReadOnlyList<Pod> Unscheduled, IReadOnlyList<Pod> OutOfService, IReadOnlyList<Pod> Ended)
{
    private const string OutOfServiceTaint = "node.kubernetes.io/out-of-service";

    /// <summary>Decides. Pure.</summary>
    /// <param name="pods">All pods.</param>
    /// <param name="nodes">All nodes, by name.</param>
    /// <param name="isGone">Whether a node that is not among them has been missing for long enough.</param>
    /// <param name="endedThreshold">How many ended pods are kept (--terminated-pod-gc-threshold); 0 or less keeps all.</param>
    public static PodGcPlan Compile(IReadOnlyList<Pod> pods, IReadOnlyDictionary<string, Node> nodes, Func<string, bool> isGone, int endedThreshold)
    {
        List<Pod> orphaned = [], unscheduled = [], outOfService = [];
        foreach (var pod in pods)
        {
            var terminating = pod.Metadata.DeletionTimestamp is not null;
            if (!PodFacts.IsBound(pod))
            {
                if (terminating)
                {
                    unscheduled.Add(pod);
                }
            }
            else if (!nodes.TryGetValue(pod.Spec.NodeName!, out var node))
            {
                if (isGone(pod.Spec.NodeName!))
                {
                    orphaned.Add(pod);
                }
            }
            else if (terminating && !Conditions.IsTrue(node.Status.Conditions, "Ready") && node.Spec.Taints.Exists(taint => taint.Key == OutOfServiceTaint))
            {
                outOfService.Add(pod);
            }
        }

        var ended = pods.Where(pod => PodFacts.HasEnded(pod) && pod.Metadata.DeletionTimestamp is null)
            .OrderBy(pod => pod.Metadata.CreationTimestamp)
            .ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)
            .ToList();
        return new(orphaned, unscheduled, outOfService, endedThreshold <= 0 ? [] : [.. ended.Take(Math.Max(0, ended.Count - endedThreshold))]);
    }
}
