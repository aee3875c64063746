namespace Podwire.Kube.Objects;

/// <summary>Keeps a number of equal pods.</summary>
public sealed class ReplicaSet : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "apps/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "ReplicaSet";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public ReplicaSetSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public ReplicaSetStatus Status { get; set; } = new();
}
