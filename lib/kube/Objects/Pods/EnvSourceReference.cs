namespace Podwire.Kube.Objects;

/// <summary>Names a config map or secret as a whole.</summary>
public sealed class EnvSourceReference : KubeValue
{
    /// <summary>The object's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>True: it may be missing.</summary>
    public bool? Optional { get; set; }
}
