using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.Scheduler;

/// <summary>The taints that keep pods off a node.</summary>
internal static class NodeTaints
{
    /// <summary>
    /// The node's taints of effect NoSchedule and NoExecute. A node that is not ready but not yet tainted counts as tainted: upstream's admission
    /// does that to a new node before anybody sees it, here the taint follows a moment later.
    /// </summary>
    public static IEnumerable<Taint> Hard(Node node)
    {
        var hard = node.Spec.Taints.Where(taint => taint.Effect is Taints.NoSchedule or Taints.NoExecute);
        return !Conditions.IsTrue(node.Status.Conditions, "Ready") && !node.Spec.Taints.Exists(taint => taint.Key is Taints.NotReady or Taints.Unreachable)
            ? hard.Append(new() { Key = Taints.NotReady, Effect = Taints.NoSchedule })
            : hard;
    }
}
