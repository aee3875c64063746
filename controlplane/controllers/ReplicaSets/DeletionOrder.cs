using System.Globalization;
using System.Numerics;
using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.ReplicaSets;

/// <summary>
/// Which pod of a replica set is missed least, first. The order is Kubernetes' (pkg/controller ActivePodsWithRanks): without a node, not yet
/// running, not ready, lower controller.kubernetes.io/pod-deletion-cost, more companions on its node, ready for a shorter time, restarted
/// more often, younger. Ages are compared by their power of two, so that equals are told apart by uid and not by seconds.
/// </summary>
internal sealed class DeletionOrder(IReadOnlyDictionary<string, int> companions, DateTimeOffset now) : IComparer<Pod>
{
    private const string Cost = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>An order for pods whose active companions, of this and related replica sets, are counted by node name.</summary>
    public static DeletionOrder Over(IEnumerable<Pod> related, DateTimeOffset now) =>
        new(related.Where(pod => PodFacts.IsActive(pod) && PodFacts.IsBound(pod)).GroupBy(pod => pod.Spec.NodeName!).ToDictionary(group => group.Key, group => group.Count()), now);

    /// <inheritdoc/>
    public int Compare(Pod? x, Pod? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var order = PodFacts.IsBound(x).CompareTo(PodFacts.IsBound(y));
        order = order != 0 ? order : Phase(x).CompareTo(Phase(y));
        order = order != 0 ? order : PodFacts.IsReady(x).CompareTo(PodFacts.IsReady(y));
        order = order != 0 ? order : CostOf(x).CompareTo(CostOf(y));
        order = order != 0 ? order : Companions(y).CompareTo(Companions(x));
        order = order != 0 ? order : Age(PodFacts.ReadySince(x)).CompareTo(Age(PodFacts.ReadySince(y)));
        order = order != 0 ? order : Restarts(y).CompareTo(Restarts(x));
        order = order != 0 ? order : Age(x.Metadata.CreationTimestamp).CompareTo(Age(y.Metadata.CreationTimestamp));
        return order != 0 ? order : string.CompareOrdinal(x.Metadata.Uid, y.Metadata.Uid);
    }

    private static int Phase(Pod pod) => pod.Status.Phase switch
    {
        "Running" => 2,
        "Unknown" => 1,
        _ => 0,
    };

    private static int CostOf(Pod pod) =>
        pod.Metadata.Annotations.TryGetValue(Cost, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var cost) ? cost : 0;

    private static int Restarts(Pod pod) => pod.Status.ContainerStatuses.Select(container => container.RestartCount).DefaultIfEmpty(0).Max();

    private int Companions(Pod pod) => PodFacts.IsBound(pod) ? companions.GetValueOrDefault(pod.Spec.NodeName!) : 0;

    private int Age(DateTimeOffset? since) => since is { } start ? BitOperations.Log2((ulong)Math.Max(1, (now - start).Ticks)) : -1;
}
