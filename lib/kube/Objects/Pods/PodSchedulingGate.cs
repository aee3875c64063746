namespace Podwire.Kube.Objects;

/// <summary>Something that must happen before the pod may be scheduled.</summary>
public sealed class PodSchedulingGate : KubeValue
{
    /// <summary>The gate's name.</summary>
    public string Name { get; set; } = "";
}
