namespace Podwire.Kube.Objects;

/// <summary>Demands on where a pod runs.</summary>
public sealed class Affinity : KubeValue
{
    /// <summary>Demands on the node.</summary>
    public NodeAffinity? NodeAffinity { get; set; }

    /// <summary>Pods to be near to.</summary>
    public PodAffinity? PodAffinity { get; set; }

    /// <summary>Pods to be away from.</summary>
    public PodAffinity? PodAntiAffinity { get; set; }
}
