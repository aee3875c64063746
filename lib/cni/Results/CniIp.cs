using Podwire.Primitives;

namespace Podwire.Cni;

/// <summary>An address of a result.</summary>
public sealed record CniIp
{
    /// <summary>Index into the result's interfaces, null if it belongs to none (an IPAM plugin's result).</summary>
    public int? Interface { get; init; }

    /// <summary>The address with its network's length.</summary>
    public required IpPrefix Address { get; init; }

    /// <summary>The gateway; <c>default</c> for none.</summary>
    public IpAddress Gateway { get; init; }
}
