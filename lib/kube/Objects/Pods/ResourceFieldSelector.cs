namespace Podwire.Kube.Objects;

/// <summary>A request or limit of a container.</summary>
public sealed class ResourceFieldSelector : KubeValue
{
    /// <summary>Which container; default the one asking.</summary>
    public string? ContainerName { get; set; }

    /// <summary>Such as <c>limits.memory</c>.</summary>
    public string Resource { get; set; } = "";

    /// <summary>The unit; default 1.</summary>
    public Quantity? Divisor { get; set; }
}
