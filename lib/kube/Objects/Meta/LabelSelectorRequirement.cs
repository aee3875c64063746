namespace Podwire.Kube.Objects;

/// <summary>One set-based term of a <see cref="LabelSelector"/>.</summary>
public sealed class LabelSelectorRequirement : KubeValue
{
    /// <summary>The label's key.</summary>
    public string Key { get; set; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public string Operator { get; set; } = "";

    /// <summary>The values of In and NotIn; empty for the others.</summary>
    public List<string> Values { get => field ??= []; set; }
}
