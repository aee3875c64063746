namespace Podwire.Kube.Objects;

/// <summary>One requirement on a node.</summary>
public sealed class NodeSelectorRequirement : KubeValue
{
    /// <summary>The label or field.</summary>
    public string Key { get; set; } = "";

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c>, <c>DoesNotExist</c>, <c>Gt</c> or <c>Lt</c>.</summary>
    public string Operator { get; set; } = "";

    /// <summary>The values.</summary>
    public List<string> Values { get => field ??= []; set; }
}
