namespace Podwire.Kube.Objects;

/// <summary>A zone.</summary>
public sealed class ForZone : KubeValue
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";
}
