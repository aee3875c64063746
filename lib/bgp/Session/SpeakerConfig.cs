using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>What holds for all sessions of a speaker.</summary>
public sealed record SpeakerConfig
{
    /// <summary>The speaker's AS number.</summary>
    public required uint Asn { get; init; }

    /// <summary>The BGP identifier, an IPv4 address.</summary>
    public required IpAddress RouterId { get; init; }

    /// <summary>The cluster of a route reflector (RFC 4456); the router id unless given.</summary>
    public IpAddress ClusterId { get; init; }

    /// <summary>The next hop of own IPv6 routes over sessions between IPv4 addresses; the session's address mapped into IPv6 unless given.</summary>
    public IpAddress NextHopV6 { get; init; }

    /// <summary>The next hop of own IPv4 routes over sessions between IPv6 addresses; the router id unless given.</summary>
    public IpAddress NextHopV4 { get; init; }

    /// <summary>The speaker has just been started again: it says so to its neighbours and keeps its routes to itself until it has heard theirs (RFC 4724 section 4.1).</summary>
    public bool IsRestarting { get; init; }

    /// <summary>The longest that a restarted speaker waits for its neighbours' routes, in milliseconds.</summary>
    public int DeferralMilliseconds { get; init; } = 60_000;

    /// <summary>This speaker as next hop of a family, on a connection of that local address.</summary>
    internal IpAddress NextHopSelf(IpFamily family, IpAddress local)
    {
        if (local.Family == family)
        {
            return local;
        }

        return family == IpFamily.V4
            ? (NextHopV4.IsNone ? RouterId : NextHopV4)
            : NextHopV6.IsNone ? IpAddress.FromValue(IpFamily.V6, ((UInt128)0xffff << 32) | local.Value) : NextHopV6;
    }

    internal uint RouterIdValue => (uint)RouterId.Value;

    internal uint ClusterIdValue => ClusterId.IsNone ? RouterIdValue : (uint)ClusterId.Value;
}
