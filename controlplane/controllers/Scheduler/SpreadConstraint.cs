using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// One topology spread constraint of a pod, with the matching pods counted in every domain (pod.spec.topologySpreadConstraints). Built once per pod, then asked per node. Pure.
/// </summary>
internal sealed class SpreadConstraint
{
    private readonly Dictionary<string, int> domains = new(StringComparer.Ordinal);
    private readonly string key;
    private readonly int maxSkew;
    private readonly int least;
    private readonly int own;

    private SpreadConstraint(TopologySpreadConstraint constraint, Pod pod, IReadOnlyList<NodeState> nodes)
    {
        key = constraint.TopologyKey;
        maxSkew = Math.Max(1, constraint.MaxSkew);
        IsHard = constraint.WhenUnsatisfiable != "ScheduleAnyway";
        var selects = Matcher(constraint, pod);
        own = selects(pod) ? 1 : 0;
        foreach (var state in nodes)
        {
            var node = state.Node!;
            if (!node.Metadata.Labels.TryGetValue(key, out var domain) || !Counts(constraint, pod, node))
            {
                continue;
            }

            var here = state.Pods.Count(other => other.Pod.Metadata.Namespace == pod.Metadata.Namespace && other.Pod.Metadata.DeletionTimestamp is null && selects(other.Pod));
            domains[domain] = domains.GetValueOrDefault(domain) + here;
        }

        least = domains.Count < (constraint.MinDomains ?? 1) ? 0 : domains.Values.DefaultIfEmpty(0).Min();
    }

    /// <summary>True for DoNotSchedule.</summary>
    public bool IsHard { get; }

    /// <summary>The pod's constraints over all nodes.</summary>
    public static IReadOnlyList<SpreadConstraint> Of(Pod pod, IReadOnlyList<NodeState> nodes) =>
        [.. pod.Spec.TopologySpreadConstraints.Select(constraint => new SpreadConstraint(constraint, pod, nodes))];

    /// <summary>Why the node will not do, in kube-scheduler's words; null if it does.</summary>
    public string? Reason(Node node)
    {
        if (!node.Metadata.Labels.TryGetValue(key, out var domain))
        {
            return "node(s) didn't match pod topology spread constraints (missing required label)";
        }

        return domains.GetValueOrDefault(domain) + own - least > maxSkew ? "node(s) didn't match pod topology spread constraints" : null;
    }

    /// <summary>How many matching pods the node's domain has; more than any for a node outside of all domains.</summary>
    public long Crowd(Node node) => node.Metadata.Labels.TryGetValue(key, out var domain) ? domains.GetValueOrDefault(domain) : domains.Values.DefaultIfEmpty(0).Max() + 1;

    private static bool Counts(TopologySpreadConstraint constraint, Pod pod, Node node) =>
        (constraint.NodeAffinityPolicy == "Ignore" || NodeSelectorMatch.Accepts(pod.Spec, node))
        && (constraint.NodeTaintsPolicy != "Honor" || NodeTaints.Hard(node).All(taint => Taints.IsTolerated(taint, pod.Spec.Tolerations)));

    private static Func<Pod, bool> Matcher(TopologySpreadConstraint constraint, Pod pod)
    {
        Selector selector;
        try
        {
            selector = Selector.From(constraint.LabelSelector);
        }
        catch (FormatException)
        {
            return _ => false;
        }

        var keyed = constraint.MatchLabelKeys.Where(pod.Metadata.Labels.ContainsKey).Select(label => (Key: label, Value: pod.Metadata.Labels[label])).ToList();
        return other => selector.Matches(other.Metadata.Labels) && keyed.TrueForAll(label => other.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value);
    }
}
