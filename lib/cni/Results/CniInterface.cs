namespace Podwire.Cni;

/// <summary>An interface of a result.</summary>
public sealed record CniInterface
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its hardware address as text; empty if it has none worth telling.</summary>
    public string Mac { get; init; } = string.Empty;

    /// <summary>Its MTU in bytes, 0 for not told (since 1.1.0).</summary>
    public int Mtu { get; init; }

    /// <summary>The path of the network namespace it is in; empty for the host's.</summary>
    public string Sandbox { get; init; } = string.Empty;

    /// <summary>The path of its socket, for vhost-user and the like (since 1.1.0).</summary>
    public string SocketPath { get; init; } = string.Empty;

    /// <summary>Its PCI address (since 1.1.0).</summary>
    public string PciId { get; init; } = string.Empty;
}
