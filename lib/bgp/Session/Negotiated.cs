using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>What both ends of a session can do.</summary>
public sealed record Negotiated(
    bool V4,
    bool V6,
    bool FourOctetAs,
    bool ExtendedMessages,
    bool RouteRefresh,
    bool EnhancedRouteRefresh,
    AddPathMode AddPathV4,
    AddPathMode AddPathV6,
    int HoldSeconds,
    GracefulRestartCapability? PeerRestart)
{
    /// <summary>True if the family is exchanged.</summary>
    public bool Speaks(IpFamily family) => family == IpFamily.V4 ? V4 : V6;

    /// <summary>True if the neighbour sends path identifiers.</summary>
    public bool ReceivesPaths(IpFamily family) => (AddPath(family) & AddPathMode.Receive) != 0;

    /// <summary>True if the neighbour takes path identifiers.</summary>
    public bool SendsPaths(IpFamily family) => (AddPath(family) & AddPathMode.Send) != 0;

    /// <summary>From both ends' capabilities. Add-path is seen from this end.</summary>
    public static Negotiated Of(Capabilities own, OpenMessage peer, int holdSeconds)
    {
        var theirs = peer.Capabilities;
        return new(
            own.V4 && theirs.V4,
            own.V6 && theirs.V6,
            own.FourOctetAs is not null && theirs.FourOctetAs is not null,
            own.ExtendedMessage && theirs.ExtendedMessage,
            own.RouteRefresh && theirs.RouteRefresh,
            own.EnhancedRouteRefresh && theirs.EnhancedRouteRefresh,
            Both(own.AddPathV4, theirs.AddPathV4),
            Both(own.AddPathV6, theirs.AddPathV6),
            Math.Min(holdSeconds, peer.HoldSeconds),
            theirs.GracefulRestart);
    }

    private AddPathMode AddPath(IpFamily family) => family == IpFamily.V4 ? AddPathV4 : AddPathV6;

    private static AddPathMode Both(AddPathMode own, AddPathMode theirs) =>
        ((own & AddPathMode.Receive) != 0 && (theirs & AddPathMode.Send) != 0 ? AddPathMode.Receive : AddPathMode.None)
        | ((own & AddPathMode.Send) != 0 && (theirs & AddPathMode.Receive) != 0 ? AddPathMode.Send : AddPathMode.None);
}
