namespace Podwire.Kube.Objects;

/// <summary>One of the pod's fields as a file.</summary>
public sealed class DownwardApiVolumeFile : KubeValue
{
    /// <summary>Relative path of the file.</summary>
    public string Path { get; set; } = "";

    /// <summary>A field of the pod.</summary>
    public ObjectFieldSelector? FieldRef { get; set; }

    /// <summary>A request or limit.</summary>
    public ResourceFieldSelector? ResourceFieldRef { get; set; }

    /// <summary>Permission bits.</summary>
    public int? Mode { get; set; }
}
