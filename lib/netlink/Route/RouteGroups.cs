namespace Podwire.Netlink.Route;

/// <summary>What a <see cref="RouteMonitor"/> is told of, <c>RTNLGRP_*</c> (linux/rtnetlink.h); bit n stands for group n + 1.</summary>
[Flags]
public enum RouteGroups : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>RTNLGRP_LINK: links.</summary>
    Link = 1 << 0,

    /// <summary>RTNLGRP_NEIGH: neighbours and forwarding data bases.</summary>
    Neighbour = 1 << 2,

    /// <summary>RTNLGRP_IPV4_IFADDR: IPv4 addresses.</summary>
    AddressV4 = 1 << 4,

    /// <summary>RTNLGRP_IPV4_ROUTE: IPv4 routes. A link that goes down takes its IPv4 routes without a notification.</summary>
    RouteV4 = 1 << 6,

    /// <summary>RTNLGRP_IPV4_RULE: IPv4 rules.</summary>
    RuleV4 = 1 << 7,

    /// <summary>RTNLGRP_IPV6_IFADDR: IPv6 addresses.</summary>
    AddressV6 = 1 << 8,

    /// <summary>RTNLGRP_IPV6_ROUTE: IPv6 routes.</summary>
    RouteV6 = 1 << 10,

    /// <summary>RTNLGRP_IPV6_RULE: IPv6 rules.</summary>
    RuleV6 = 1 << 18,

    /// <summary>RTNLGRP_NEXTHOP: next hops that stand by themselves. Refused (EINVAL) by kernels before 5.3.</summary>
    NextHop = 1u << 31,
}
