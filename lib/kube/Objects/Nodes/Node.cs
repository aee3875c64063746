namespace Podwire.Kube.Objects;

/// <summary>A machine that runs pods.</summary>
public sealed class Node : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Node";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public NodeSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public NodeStatus Status { get; set; } = new();
}
