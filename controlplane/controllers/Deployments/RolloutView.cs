using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>A deployment and its replica sets, sorted into new and old: what every step decides from.</summary>
internal sealed class RolloutView
{
    /// <summary>Sorts <paramref name="owned"/>, the replica sets that the deployment controls.</summary>
    public RolloutView(Deployment deployment, IEnumerable<ReplicaSet> owned, Func<PodTemplateSpec, string> canonical)
    {
        Deployment = deployment;
        All = [.. owned.OrderBy(set => set.Metadata.CreationTimestamp).ThenBy(set => set.Metadata.Name, StringComparer.Ordinal)];
        Canonical = canonical(deployment.Spec.Template);
        New = All.FirstOrDefault(set => canonical(set.Spec.Template) == Canonical);
        Old = [.. All.Where(set => set != New)];
        var rolling = deployment.Spec.Strategy?.RollingUpdate;
        IsRecreate = deployment.Spec.Strategy?.Type == "Recreate";
        (MaxSurge, MaxUnavailable) = IsRecreate
            ? (0, 0)
            : RolloutMath.Bounds(rolling?.MaxSurge ?? "25%", rolling?.MaxUnavailable ?? "25%", Replicas);
    }

    /// <summary>The deployment.</summary>
    public Deployment Deployment { get; }

    /// <summary>Its pod template's canonical text.</summary>
    public string Canonical { get; }

    /// <summary>All replica sets, oldest first.</summary>
    public IReadOnlyList<ReplicaSet> All { get; }

    /// <summary>The oldest replica set with the deployment's pod template, or null.</summary>
    public ReplicaSet? New { get; }

    /// <summary>The others, oldest first.</summary>
    public IReadOnlyList<ReplicaSet> Old { get; }

    /// <summary>Strategy Recreate.</summary>
    public bool IsRecreate { get; }

    /// <summary>Pods allowed above the replicas.</summary>
    public int MaxSurge { get; }

    /// <summary>Pods allowed to be missing.</summary>
    public int MaxUnavailable { get; }

    /// <summary>The deployment's replicas.</summary>
    public int Replicas => Deployment.Spec.Replicas ?? 1;

    /// <summary>The sum of the replica sets' sizes.</summary>
    public int Total => All.Sum(Size);

    /// <summary>The revision that the newest replica set is to have: one above the old ones.</summary>
    public long NextRevision => Old.Select(Annotations.RevisionOf).DefaultIfEmpty(0).Max() + 1;

    /// <summary>A replica set's size.</summary>
    public static int Size(ReplicaSet set) => set.Spec.Replicas ?? 1;

    /// <summary>
    /// A replica set's available pods, as far as can be relied on: a status from before it was made smaller counts pods that are about to go.
    /// </summary>
    public static int Available(ReplicaSet set) => Math.Min(set.Status.AvailableReplicas ?? 0, Size(set));
}
