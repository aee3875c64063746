namespace Podwire.Kube.Objects;

/// <summary>Keeps replicas of a pod and rolls out changes.</summary>
public sealed class Deployment : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "apps/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Deployment";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public DeploymentSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public DeploymentStatus Status { get; set; } = new();
}
