namespace Podwire.Kube.Objects;

/// <summary>A path of the node.</summary>
public sealed class HostPathVolumeSource : KubeValue
{
    /// <summary>The path.</summary>
    public string Path { get; set; } = "";

    /// <summary>What it must be, such as <c>Directory</c> or <c>DirectoryOrCreate</c>.</summary>
    public string? Type { get; set; }
}
