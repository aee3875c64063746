namespace Podwire.Kube.Objects;

/// <summary>A kernel setting.</summary>
public sealed class Sysctl : KubeValue
{
    /// <summary>Such as <c>net.ipv4.ip_unprivileged_port_start</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>The value.</summary>
    public string Value { get; set; } = "";
}
