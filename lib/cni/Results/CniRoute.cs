using Podwire.Primitives;

namespace Podwire.Cni;

/// <summary>A route of a result or of an IPAM configuration. All but destination and gateway came with 1.1.0.</summary>
public sealed record CniRoute
{
    /// <summary>The destination.</summary>
    public required IpPrefix Dst { get; init; }

    /// <summary>The next hop; <c>default</c> for the gateway of the address of the same family.</summary>
    public IpAddress Gw { get; init; }

    /// <summary>Path MTU in bytes, 0 for the kernel's.</summary>
    public int Mtu { get; init; }

    /// <summary>Maximal segment size to advertise in bytes, 0 for the kernel's.</summary>
    public int AdvMss { get; init; }

    /// <summary>The metric, 0 for the kernel's.</summary>
    public int Priority { get; init; }

    /// <summary>The routing table, null for main.</summary>
    public int? Table { get; init; }

    /// <summary>The scope as rtnetlink numbers it (0 global, 253 link, 254 host), null for the kernel's.</summary>
    public int? Scope { get; init; }
}
