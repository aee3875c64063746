using Podwire.Bgp.Session;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Config;

/// <summary>What is agreed about a neighbour, and what its transport needs.</summary>
/// <param name="Session">The BGP part.</param>
public sealed record NeighborSettings(NeighborConfig Session)
{
    /// <summary>The TCP port that is connected to.</summary>
    public int Port { get; init; } = 179;

    /// <summary>This end's address; none lets the kernel choose.</summary>
    public IpAddress Source { get; init; }

    /// <summary>The key of TCP MD5 signatures (RFC 2385), up to 80 octets; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>GTSM (RFC 5082): how many hops away the neighbour may be, 1 to 254; 0 for no check.</summary>
    public int Hops { get; init; }

    /// <summary>Free text for tables.</summary>
    public string Description { get; init; } = string.Empty;

    /// <summary>True if the two need the same TCP connection.</summary>
    public bool HasTransportOf(NeighborSettings other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return (Port, Source, Password, Hops) == (other.Port, other.Source, other.Password, other.Hops);
    }
}
