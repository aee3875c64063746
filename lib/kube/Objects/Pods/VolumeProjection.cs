namespace Podwire.Kube.Objects;

/// <summary>One source of a projected volume; exactly one is set.</summary>
public sealed class VolumeProjection : KubeValue
{
    /// <summary>A config map's entries.</summary>
    public ConfigMapProjection? ConfigMap { get; set; }

    /// <summary>A secret's entries.</summary>
    public SecretProjection? Secret { get; set; }

    /// <summary>The pod's own fields.</summary>
    public DownwardApiVolumeSource? DownwardAPI { get; set; }

    /// <summary>A token for the API.</summary>
    public ServiceAccountTokenProjection? ServiceAccountToken { get; set; }
}
