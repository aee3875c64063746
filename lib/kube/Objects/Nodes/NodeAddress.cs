namespace Podwire.Kube.Objects;

/// <summary>An address of a node.</summary>
public sealed class NodeAddress : KubeValue
{
    /// <summary><c>InternalIP</c>, <c>ExternalIP</c>, <c>Hostname</c>, <c>InternalDNS</c> or <c>ExternalDNS</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The address or name.</summary>
    public string Address { get; set; } = "";
}
