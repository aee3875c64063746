namespace Podwire.Kube.Objects;

/// <summary>Names an object in the same namespace.</summary>
public sealed class LocalObjectReference : KubeValue
{
    /// <summary>The name.</summary>
    public string Name { get; set; } = "";
}
