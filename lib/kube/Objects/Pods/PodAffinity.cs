namespace Podwire.Kube.Objects;

/// <summary>Pods to be near to, or away from.</summary>
public sealed class PodAffinity : KubeValue
{
    /// <summary>Must hold.</summary>
    public List<PodAffinityTerm> RequiredDuringSchedulingIgnoredDuringExecution { get => field ??= []; set; }

    /// <summary>Better if it holds.</summary>
    public List<WeightedPodAffinityTerm> PreferredDuringSchedulingIgnoredDuringExecution { get => field ??= []; set; }
}
