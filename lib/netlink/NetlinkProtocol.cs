namespace Podwire.Netlink;

/// <summary>The netlink families this library speaks (linux/netlink.h).</summary>
public enum NetlinkProtocol
{
    /// <summary>NETLINK_ROUTE: links, addresses, routes, neighbours (rtnetlink(7)).</summary>
    Route = 0,

    /// <summary>NETLINK_NETFILTER: nftables, conntrack, ipset (linux/netfilter/nfnetlink.h).</summary>
    Netfilter = 12,

    /// <summary>NETLINK_GENERIC: families found by name (linux/genetlink.h).</summary>
    Generic = 16,
}
