using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>What several controllers ask of a pod.</summary>
internal static class PodFacts
{
    /// <summary>True once every container has ended for good: phase Succeeded or Failed.</summary>
    public static bool HasEnded(Pod pod) => pod.Status.Phase is "Succeeded" or "Failed";

    /// <summary>True for a pod that counts as a replica: neither ended nor being deleted.</summary>
    public static bool IsActive(Pod pod) => !HasEnded(pod) && pod.Metadata.DeletionTimestamp is null;

    /// <summary>True if its Ready condition is.</summary>
    public static bool IsReady(Pod pod) => Conditions.IsTrue(pod.Status.Conditions, "Ready");

    /// <summary>True if it has a node.</summary>
    public static bool IsBound(Pod pod) => !string.IsNullOrEmpty(pod.Spec.NodeName);

    /// <summary>Since when it is ready; null if it is not.</summary>
    public static DateTimeOffset? ReadySince(Pod pod) =>
        Conditions.Find(pod.Status.Conditions, "Ready") is { Status: "True" } ready ? ready.LastTransitionTime : null;

    /// <summary>True if it has been ready for <paramref name="minReadySeconds"/>.</summary>
    public static bool IsAvailable(Pod pod, int minReadySeconds, DateTimeOffset now) =>
        IsReady(pod) && (minReadySeconds == 0 || (ReadySince(pod) is { } since && since.AddSeconds(minReadySeconds) <= now));

    /// <summary>NAMESPACE/NAME.</summary>
    public static string Key(IKubeObject value) => $"{value.Metadata.Namespace}/{value.Metadata.Name}";
}
