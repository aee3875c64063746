namespace Podwire.Kube.Objects;

/// <summary>A group of containers that share a network namespace and are placed together.</summary>
public sealed class Pod : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Pod";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public PodSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public PodStatus Status { get; set; } = new();
}
