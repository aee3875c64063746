namespace Podwire.Kube.Objects;

/// <summary>What pods made from it are like.</summary>
public sealed class PodTemplateSpec : KubeValue
{
    /// <summary>Labels and annotations of the pods.</summary>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Spec of the pods.</summary>
    public PodSpec Spec { get; set; } = new();
}
