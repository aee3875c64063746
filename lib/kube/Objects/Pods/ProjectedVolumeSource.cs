namespace Podwire.Kube.Objects;

/// <summary>Several sources in one directory.</summary>
public sealed class ProjectedVolumeSource : KubeValue
{
    /// <summary>The sources.</summary>
    public List<VolumeProjection> Sources { get => field ??= []; set; }

    /// <summary>Permission bits; default 0644.</summary>
    public int? DefaultMode { get; set; }
}
