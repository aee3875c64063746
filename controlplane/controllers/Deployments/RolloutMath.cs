using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>
/// The arithmetic of a rolling update: how far maxSurge and maxUnavailable let the new and the old replica sets go.
/// Pure; percentages resolve as in Kubernetes: surge rounds up, unavailable rounds down, and both zero becomes one unavailable.
/// </summary>
internal static class RolloutMath
{
    /// <summary>Resolves the two bounds for <paramref name="replicas"/> pods. Each is a number or a percentage.</summary>
    /// <exception cref="FormatException">Neither a number nor a percentage.</exception>
    public static (int MaxSurge, int MaxUnavailable) Bounds(IntOrString maxSurge, IntOrString maxUnavailable, int replicas)
    {
        var surge = maxSurge.Scaled(replicas, roundUp: true);
        var unavailable = maxUnavailable.Scaled(replicas, roundUp: false);
        return surge == 0 && unavailable == 0 ? (0, 1) : (surge, Math.Min(unavailable, replicas));
    }

    /// <summary>
    /// The size of the new replica set: as much larger than now as the surge allows, never beyond <paramref name="desired"/>.
    /// </summary>
    /// <param name="desired">The deployment's replicas.</param>
    /// <param name="maxSurge">Pods allowed above it.</param>
    /// <param name="current">The new replica set's size now.</param>
    /// <param name="total">The size of all replica sets now, the new one included.</param>
    public static int NewSize(int desired, int maxSurge, int current, int total)
    {
        if (current >= desired)
        {
            return desired;
        }

        var room = desired + maxSurge - total;
        return room <= 0 ? current : current + Math.Min(room, desired - current);
    }

    /// <summary>
    /// How many pods the old replica sets may lose now without the available ones falling below
    /// <paramref name="desired"/> - <paramref name="maxUnavailable"/>. The new replica set's unavailable pods count against it,
    /// since they were sized to become available.
    /// </summary>
    /// <param name="desired">The deployment's replicas.</param>
    /// <param name="maxUnavailable">Pods allowed to be missing.</param>
    /// <param name="total">The size of all replica sets now.</param>
    /// <param name="newSize">The new replica set's size now.</param>
    /// <param name="newAvailable">Its available pods.</param>
    public static int OldMayLose(int desired, int maxUnavailable, int total, int newSize, int newAvailable) =>
        Math.Max(0, total - (desired - maxUnavailable) - Math.Max(0, newSize - newAvailable));

    /// <summary>
    /// Shares a change of size out over replica sets in proportion to their sizes, so that a deployment scaled in the middle of a
    /// rollout keeps its mix. Leftovers go to the largest; nobody falls below zero.
    /// </summary>
    /// <param name="sizes">Current sizes, in the order in which leftovers are given.</param>
    /// <param name="change">Pods to add, or to take away if negative.</param>
    /// <returns>New sizes in the same order.</returns>
    public static int[] Share(IReadOnlyList<int> sizes, int change)
    {
        var result = sizes.ToArray();
        var total = result.Sum();
        var left = change;
        if (total > 0)
        {
            for (var i = 0; i < result.Length && left != 0; i++)
            {
                var part = (int)Math.Round((double)sizes[i] * change / total, MidpointRounding.AwayFromZero);
                part = change > 0 ? Math.Clamp(part, 0, left) : Math.Clamp(part, Math.Max(left, -result[i]), 0);
                result[i] += part;
                left -= part;
            }
        }

        for (var i = 0; i < result.Length && left != 0; i++)
        {
            var part = left > 0 ? left : Math.Max(left, -result[i]);
            result[i] += part;
            left -= part;
        }

        return result;
    }
}
