namespace Podwire.Kube.Objects;

/// <summary>A wish with its weight.</summary>
public sealed class WeightedPodAffinityTerm : KubeValue
{
    /// <summary>1 to 100.</summary>
    public int Weight { get; set; }

    /// <summary>The wish.</summary>
    public PodAffinityTerm PodAffinityTerm { get; set; } = new();
}
