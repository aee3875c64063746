using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>
/// Whether a node can take a pod, and if not, why, in kube-scheduler's words and order of checks. The first check that fails speaks; only
/// the check of resources names everything that is short. Pure.
/// </summary>
internal static class Filters
{
    /// <summary>The reasons against the node; empty if it can take the pod.</summary>
    public static IReadOnlyList<string> Reasons(PodDemand demand, NodeState state, AffinityIndex affinity, IReadOnlyList<SpreadConstraint> spread)
    {
        var (spec, node) = (demand.Pod.Spec, state.Node!);
        if (node.Spec.Unschedulable == true && !Taints.IsTolerated(new() { Key = Taints.Unschedulable, Effect = Taints.NoSchedule }, spec.Tolerations))
        {
            return ["node(s) were unschedulable"];
        }

        foreach (var taint in NodeTaints.Hard(node))
        {
            if (!Taints.IsTolerated(taint, spec.Tolerations))
            {
                return [$"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}"];
            }
        }

        if (!NodeSelectorMatch.Accepts(spec, node))
        {
            return ["node(s) didn't match Pod's node affinity/selector"];
        }

        if (demand.HostPorts.Count > 0 && state.Pods.Any(other => other.HostPorts.Any(taken => demand.HostPorts.Any(taken.ConflictsWith))))
        {
            return ["node(s) didn't have free ports for the requested pod ports"];
        }

        var lacking = Lacking(demand, state);
        if (lacking.Count > 0)
        {
            return lacking;
        }

        return spread.Where(constraint => constraint.IsHard).Select(constraint => constraint.Reason(node)).FirstOrDefault(reason => reason is not null) is { } uneven
            ? [uneven]
            : affinity.Reasons(node);
    }

    private static List<string> Lacking(PodDemand demand, NodeState state)
    {
        var reasons = new List<string>();
        foreach (var (name, amount) in demand.Requests.InOrder)
        {
            if (amount > 0 && state.Used[name] + amount > state.Allocatable[name])
            {
                reasons.Add(name == ResourceAmounts.Pods ? "Too many pods" : $"Insufficient {name}");
            }
        }

        return reasons;
    }
}
