namespace Podwire.Kube.Objects;

/// <summary>The pod's own fields as files.</summary>
public sealed class DownwardApiVolumeSource : KubeValue
{
    /// <summary>The files.</summary>
    public List<DownwardApiVolumeFile> Items { get => field ??= []; set; }

    /// <summary>Permission bits; default 0644.</summary>
    public int? DefaultMode { get; set; }
}
