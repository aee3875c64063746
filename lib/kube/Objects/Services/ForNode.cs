namespace Podwire.Kube.Objects;

/// <summary>A node that should use an endpoint.</summary>
public sealed class ForNode : KubeValue
{
    /// <summary>The node's name.</summary>
    public string Name { get; set; } = "";
}
