namespace Podwire.Kube.Objects;

/// <summary>A label query as objects carry it: all terms must hold; no term matches everything.</summary>
public sealed class LabelSelector : KubeValue
{
    /// <summary>Labels that must have exactly these values.</summary>
    public Dictionary<string, string> MatchLabels { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>Set-based terms.</summary>
    public List<LabelSelectorRequirement> MatchExpressions { get => field ??= []; set; }
}
