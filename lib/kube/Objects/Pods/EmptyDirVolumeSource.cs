namespace Podwire.Kube.Objects;

/// <summary>An empty directory.</summary>
public sealed class EmptyDirVolumeSource : KubeValue
{
    /// <summary>Empty for disk, <c>Memory</c> for tmpfs.</summary>
    public string? Medium { get; set; }

    /// <summary>At most so many bytes.</summary>
    public Quantity? SizeLimit { get; set; }
}
