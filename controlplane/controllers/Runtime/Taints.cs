using Podwire.Kube.Objects;

namespace Podwire.Controllers.Runtime;

/// <summary>Taints of nodes and tolerations of pods. Pure.</summary>
internal static class Taints
{
    /// <summary>The node is not ready.</summary>
    public const string NotReady = "node.kubernetes.io/not-ready";

    /// <summary>The node has not been heard of.</summary>
    public const string Unreachable = "node.kubernetes.io/unreachable";

    /// <summary>kubectl cordon.</summary>
    public const string Unschedulable = "node.kubernetes.io/unschedulable";

    /// <summary>Pods that do not tolerate it are not scheduled.</summary>
    public const string NoSchedule = "NoSchedule";

    /// <summary>Other nodes are preferred.</summary>
    public const string PreferNoSchedule = "PreferNoSchedule";

    /// <summary>Pods that do not tolerate it are also evicted.</summary>
    public const string NoExecute = "NoExecute";

    /// <summary>True if the toleration tolerates the taint: an empty key with Exists takes all, an empty effect takes every effect.</summary>
    public static bool Tolerates(Toleration toleration, Taint taint) =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect)
        && (string.IsNullOrEmpty(toleration.Key) ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || (toleration.Operator is null or "" or "Equal" && (toleration.Value ?? string.Empty) == (taint.Value ?? string.Empty)));

    /// <summary>True if any of the tolerations tolerates the taint.</summary>
    public static bool IsTolerated(Taint taint, IEnumerable<Toleration> tolerations) => tolerations.Any(toleration => Tolerates(toleration, taint));
}
