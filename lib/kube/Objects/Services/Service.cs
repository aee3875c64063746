namespace Podwire.Kube.Objects;

/// <summary>A stable address in front of pods.</summary>
public sealed class Service : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Service";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What is wanted.</summary>
    public ServiceSpec Spec { get; set; } = new();

    /// <summary>What was last seen.</summary>
    public ServiceStatus Status { get; set; } = new();
}
