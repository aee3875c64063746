namespace Podwire.Kube.Objects;

/// <summary>How many replicas are wanted.</summary>
public sealed class ScaleSpec : KubeValue
{
    /// <summary>The number.</summary>
    public int Replicas { get; set; }
}
