namespace Podwire.Kube.Objects;

/// <summary>Something containers can mount; kinds that are not listed here survive in <see cref="KubeValue.Unknown"/>.</summary>
public sealed class Volume : KubeValue
{
    /// <summary>The name mounts use.</summary>
    public string Name { get; set; } = "";

    /// <summary>An empty directory that lives as long as the pod.</summary>
    public EmptyDirVolumeSource? EmptyDir { get; set; }

    /// <summary>A path of the node.</summary>
    public HostPathVolumeSource? HostPath { get; set; }

    /// <summary>A config map's entries as files.</summary>
    public ConfigMapVolumeSource? ConfigMap { get; set; }

    /// <summary>A secret's entries as files.</summary>
    public SecretVolumeSource? Secret { get; set; }

    /// <summary>The pod's own fields as files.</summary>
    public DownwardApiVolumeSource? DownwardAPI { get; set; }

    /// <summary>Several of these in one directory.</summary>
    public ProjectedVolumeSource? Projected { get; set; }
}
