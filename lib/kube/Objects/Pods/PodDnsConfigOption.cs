namespace Podwire.Kube.Objects;

/// <summary>One resolver option.</summary>
public sealed class PodDnsConfigOption : KubeValue
{
    /// <summary>Such as <c>ndots</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Its value, if it has one.</summary>
    public string? Value { get; set; }
}
