namespace Podwire.Kube.Objects;

/// <summary>Where a volume appears in a container.</summary>
public sealed class VolumeMount : KubeValue
{
    /// <summary>The volume's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Where in the container.</summary>
    public string MountPath { get; set; } = "";

    /// <summary>A path in the volume instead of its root.</summary>
    public string? SubPath { get; set; }

    /// <summary>The same with $(VAR) expanded.</summary>
    public string? SubPathExpr { get; set; }

    /// <summary>True: cannot be written.</summary>
    public bool? ReadOnly { get; set; }

    /// <summary><c>None</c>, <c>HostToContainer</c> or <c>Bidirectional</c>.</summary>
    public string? MountPropagation { get; set; }
}
