namespace Podwire.Kube.Objects;

/// <summary>A sign of life, or a lock with an end.</summary>
public sealed class Lease : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "coordination.k8s.io/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Lease";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>The lease itself.</summary>
    public LeaseSpec Spec { get; set; } = new();
}
