using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Ipvs;

/// <summary>A destination as the kernel has it.</summary>
/// <param name="Destination">Address, port and weight.</param>
/// <param name="Active">Connections that are established.</param>
/// <param name="Inactive">Connections in any other state, such as closing ones.</param>
/// <param name="Persistent">Persistence templates that point here.</param>
public readonly record struct IpvsDestinationStatus(IpvsDestination Destination, uint Active, uint Inactive, uint Persistent)
{
    /// <summary>True if it is reached by address translation, false for direct routing and tunnels.</summary>
    public bool IsTranslated { get; init; } = true;

    /// <summary>What it has counted; zero on kernels before 4.1.</summary>
    public IpvsCounters Counters { get; init; }

    /// <summary>True if some connection still goes there.</summary>
    public bool HasConnections => Active + (ulong)Inactive > 0;
}
