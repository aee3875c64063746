namespace Podwire.Kube.Objects;

/// <summary>What must hold for a deletion to take place.</summary>
public sealed class Preconditions : KubeValue
{
    /// <summary>The object's identity.</summary>
    public string? Uid { get; set; }

    /// <summary>The object's version.</summary>
    public string? ResourceVersion { get; set; }
}
