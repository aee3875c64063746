namespace Podwire.Kube.Objects;

/// <summary>What a replica set is to be.</summary>
public sealed class ReplicaSetSpec : KubeValue
{
    /// <summary>How many pods; default 1.</summary>
    public int? Replicas { get; set; }

    /// <summary>Seconds a pod has to be ready to count as available.</summary>
    public int? MinReadySeconds { get; set; }

    /// <summary>Which pods are its own.</summary>
    public LabelSelector Selector { get; set; } = new();

    /// <summary>What the pods are like.</summary>
    public PodTemplateSpec Template { get; set; } = new();
}
