using Podwire.Controllers.Runtime;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// How well a node that can take a pod suits it: 0 to 100 for each aspect, weighted as kube-scheduler's default plugins are. Pure.
/// </summary>
internal static class Scores
{
    private const int SpreadWeight = 2;
    private const int AffinityWeight = 2;
    private const int TaintWeight = 3;

    /// <summary>The nodes' scores in the order given: least allocated, spread over nodes or as the pod's constraints ask, preferred node and pod affinity, PreferNoSchedule taints.</summary>
    public static long[] Of(PodDemand demand, IReadOnlyList<NodeState> nodes, AffinityIndex affinity, IReadOnlyList<SpreadConstraint> spread)
    {
        var companions = Scaled(nodes, node => Crowd(demand, node, spread), reversed: true);
        var preferred = Scaled(nodes, node => PreferredNode(demand, node), reversed: false);
        var preferredPods = Scaled(nodes, node => affinity.Preference(node.Node!), reversed: false);
        var tainted = Scaled(nodes, node => node.Node!.Spec.Taints.Count(taint => taint.Effect == Taints.PreferNoSchedule && !Taints.IsTolerated(taint, demand.Pod.Spec.Tolerations)), reversed: true);
        var scores = new long[nodes.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = LeastAllocated(demand, nodes[i]) + (SpreadWeight * companions[i]) + (AffinityWeight * (preferred[i] + preferredPods[i])) + (TaintWeight * tainted[i]);
        }

        return scores;
    }

    /// <summary>Companions that the pod is to keep away from: those of its constraints, or without any its fellow replicas on the node.</summary>
    private static long Crowd(PodDemand demand, NodeState node, IReadOnlyList<SpreadConstraint> spread)
    {
        if (spread.Count > 0)
        {
            return spread.Sum(constraint => constraint.Crowd(node.Node!));
        }

        return demand.Owner is null ? 0 : node.Pods.Count(pod => pod.Owner == demand.Owner);
    }

    private static long LeastAllocated(PodDemand demand, NodeState node) =>
        (Free(node.ScoredCpu + demand.ScoredCpu, node.Allocatable[ResourceAmounts.Cpu]) + Free(node.ScoredMemory + demand.ScoredMemory, node.Allocatable[ResourceAmounts.Memory])) / 2;

    private static long Free(long used, long allocatable) => used >= allocatable ? 0 : (long)((Int128)(allocatable - used) * 100 / allocatable);

    private static long PreferredNode(PodDemand demand, NodeState node) =>
        demand.Pod.Spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution
            .Where(term => NodeSelectorMatch.Accepts(term.Preference, node.Node!))
            .Sum(term => (long)term.Weight) ?? 0;

    /// <summary>Raw values brought to 0..100: the largest is 100, or 0 if reversed; all alike give all the same.</summary>
    private static long[] Scaled(IReadOnlyList<NodeState> nodes, Func<NodeState, long> value, bool reversed)
    {
        var raw = nodes.Select(value).ToArray();
        var (least, most) = raw.Length == 0 ? (0, 0) : (Math.Min(0, raw.Min()), raw.Max());
        return [.. raw.Select(one => most == least ? (reversed ? 100 : 0) : reversed ? (most - one) * 100 / (most - least) : (one - least) * 100 / (most - least))];
    }
}
