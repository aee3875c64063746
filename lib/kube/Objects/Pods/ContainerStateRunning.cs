namespace Podwire.Kube.Objects;

/// <summary>A container that runs.</summary>
public sealed class ContainerStateRunning : KubeValue
{
    /// <summary>Since when.</summary>
    public DateTimeOffset? StartedAt { get; set; }
}
