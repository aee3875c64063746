namespace Podwire.Kube.Objects;

/// <summary>How many replicas there are.</summary>
public sealed class ScaleStatus : KubeValue
{
    /// <summary>The number.</summary>
    public int Replicas { get; set; }

    /// <summary>Their labels as a selector string.</summary>
    public string? Selector { get; set; }
}
