namespace Podwire.Kube.Objects;

/// <summary>A wish with its weight.</summary>
public sealed class PreferredSchedulingTerm : KubeValue
{
    /// <summary>1 to 100.</summary>
    public int Weight { get; set; }

    /// <summary>The wish.</summary>
    public NodeSelectorTerm Preference { get; set; } = new();
}
