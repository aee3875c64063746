using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>One of a route's several next hops (struct rtnexthop, linux/rtnetlink.h).</summary>
/// <param name="Gateway">The next hop's address; null if the destination is on the link.</param>
/// <param name="InterfaceIndex">The interface; 0 lets the gateway decide (IPv4 and IPv6 with a gateway).</param>
/// <param name="OnLink">RTNH_F_ONLINK: believe that the gateway is on the link.</param>
/// <param name="Weight">Its share of the flows, 1 to 256.</param>
public sealed record NextHop(IpAddress? Gateway, int InterfaceIndex, bool OnLink = false, int Weight = 1);
