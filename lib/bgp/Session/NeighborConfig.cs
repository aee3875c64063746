using Podwire.Bgp.Policy;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>What is agreed about one neighbour. Passwords and socket options are the transport's.</summary>
public sealed record NeighborConfig
{
    /// <summary>The neighbour's address; it names the session.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The neighbour's AS number; 0 takes any, for ranges of neighbours of several ASes.</summary>
    public required uint Asn { get; init; }

    /// <summary>Another AS number of ours towards this neighbour; 0 for the speaker's own.</summary>
    public uint LocalAsn { get; init; }

    /// <summary>The neighbour is a client of this route reflector (RFC 4456).</summary>
    public bool IsClient { get; init; }

    /// <summary>Waits for the neighbour to connect.</summary>
    public bool IsPassive { get; init; }

    /// <summary>IPv4 unicast is spoken.</summary>
    public bool V4 { get; init; } = true;

    /// <summary>IPv6 unicast is spoken.</summary>
    public bool V6 { get; init; } = true;

    /// <summary>Seconds without a message after which the session ends; 0, or 3 to 65535.</summary>
    public int HoldSeconds { get; init; } = 90;

    /// <summary>Seconds between keepalives; a third of the hold time unless given.</summary>
    public int? KeepaliveSeconds { get; init; }

    /// <summary>Milliseconds between tries to connect.</summary>
    public int ConnectRetryMilliseconds { get; init; } = 5_000;

    /// <summary>Milliseconds of rest after an error; doubled by each further one up to six times of it.</summary>
    public int ErrorWaitMilliseconds { get; init; } = 5_000;

    /// <summary>How long the neighbour may keep our routes while we restart; 0 for no graceful restart.</summary>
    public int RestartSeconds { get; init; } = 120;

    /// <summary>Whether several paths are taken and told.</summary>
    public AddPathMode AddPath { get; init; }

    /// <summary>Offers messages of up to 65,535 octets (RFC 8654).</summary>
    public bool ExtendedMessages { get; init; } = true;

    /// <summary>Speaks AS numbers of four octets (RFC 6793). For tests of peers that do not.</summary>
    public bool FourOctetAs { get; init; } = true;

    /// <summary>How often our AS may stand in the path of a route that is taken.</summary>
    public int AllowOwnAs { get; init; }

    /// <summary>Which next hop the neighbour is told.</summary>
    public NextHopMode NextHop { get; init; }

    /// <summary>Which routes are taken.</summary>
    public RoutePolicy Import { get; init; } = RoutePolicy.AcceptAll;

    /// <summary>Which routes are told.</summary>
    public RoutePolicy Export { get; init; } = RoutePolicy.AcceptAll;

    /// <summary>The session ends when the neighbour announces more prefixes than this in all; 0 for no bound.</summary>
    public int MaxPrefixes { get; init; }

    internal bool Speaks(IpFamily family) => family == IpFamily.V4 ? V4 : V6;
}
