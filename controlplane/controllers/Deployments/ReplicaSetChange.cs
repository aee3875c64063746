using Podwire.Kube.Objects;

namespace Podwire.Controllers.Deployments;

/// <summary>A change of one replica set, made in one guarded patch.</summary>
/// <param name="Set">The replica set as it was seen; its resourceVersion guards the patch.</param>
/// <param name="Replicas">The size it is to have.</param>
/// <param name="Annotations">The annotations it is to have; null leaves them.</param>
/// <param name="MinReadySeconds">The minReadySeconds it is to have.</param>
internal sealed record ReplicaSetChange(ReplicaSet Set, int Replicas, IReadOnlyDictionary<string, string>? Annotations, int MinReadySeconds)
{
    /// <summary>The size it has.</summary>
    public int Before => Set.Spec.Replicas ?? 1;

    /// <summary>True if anything differs from what was seen.</summary>
    public bool IsChange => Replicas != Before
        || MinReadySeconds != (Set.Spec.MinReadySeconds ?? 0)
        || (Annotations is not null && Annotations.Any(pair => Set.Metadata.Annotations.GetValueOrDefault(pair.Key) != pair.Value));
}
