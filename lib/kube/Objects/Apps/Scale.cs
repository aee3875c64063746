namespace Podwire.Kube.Objects;

/// <summary>How many replicas something has; the <c>scale</c> subresource.</summary>
public sealed class Scale : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "autoscaling/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Scale";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public ScaleSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public ScaleStatus Status { get; set; } = new();
}
