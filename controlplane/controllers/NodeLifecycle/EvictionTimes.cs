using Podwire.Controllers.Runtime;
using Podwire.Kube.Objects;

namespace Podwire.Controllers.NodeLifecycle;

/// <summary>When a pod has to leave its node because of NoExecute taints. Pure.</summary>
internal static class EvictionTimes
{
    /// <summary>
    /// The time at which the pod is deleted, or null for never. A taint that nothing tolerates means at once; a toleration with seconds counts
    /// them from the taint's timeAdded; several tolerations of one taint grant the least. Pods that say nothing about not-ready
    /// or unreachable tolerate it for <paramref name="byDefault"/>, as upstream's admission writes into them.
    /// </summary>
    /// <param name="pod">The pod.</param>
    /// <param name="taints">Its node's taints.</param>
    /// <param name="firstSeen">When a taint without timeAdded was first seen.</param>
    /// <param name="byDefault">The default for not-ready and unreachable.</param>
    public static DateTimeOffset? Of(Pod pod, IEnumerable<Taint> taints, Func<Taint, DateTimeOffset> firstSeen, TimeSpan byDefault)
    {
        DateTimeOffset? earliest = null;
        foreach (var taint in taints.Where(taint => taint.Effect == Taints.NoExecute))
        {
            var since = taint.TimeAdded ?? firstSeen(taint);
            if (Granted(pod, taint, byDefault) is { } granted && (earliest is null || since + granted < earliest))
            {
                earliest = since + granted;
            }
        }

        return earliest;
    }

    private static TimeSpan? Granted(Pod pod, Taint taint, TimeSpan byDefault)
    {
        var tolerations = pod.Spec.Tolerations.Where(toleration => Taints.Tolerates(toleration, taint)).ToList();
        if (tolerations.Count == 0)
        {
            return taint.Key is Taints.NotReady or Taints.Unreachable ? byDefault : TimeSpan.Zero;
        }

        var seconds = tolerations.Where(toleration => toleration.TolerationSeconds is not null).Select(toleration => toleration.TolerationSeconds!.Value).ToList();
        return seconds.Count == 0 ? null : TimeSpan.FromSeconds(Math.Clamp(seconds.Min(), 0, int.MaxValue));
    }
}
