namespace Podwire.Netlink.Route;

/// <summary>What a route does with a packet, <c>RTN_*</c> (linux/rtnetlink.h).</summary>
public enum RouteType : byte
{
    /// <summary>RTN_UNSPEC: in a delete request, any.</summary>
    Unspecified = 0,

    /// <summary>RTN_UNICAST: sends it on.</summary>
    Unicast = 1,

    /// <summary>RTN_LOCAL: takes it in.</summary>
    Local = 2,

    /// <summary>RTN_BROADCAST.</summary>
    Broadcast = 3,

    /// <summary>RTN_ANYCAST.</summary>
    Anycast = 4,

    /// <summary>RTN_MULTICAST.</summary>
    Multicast = 5,

    /// <summary>RTN_BLACKHOLE: drops it silently.</summary>
    Blackhole = 6,

    /// <summary>RTN_UNREACHABLE: answers ICMP host unreachable.</summary>
    Unreachable = 7,

    /// <summary>RTN_PROHIBIT: answers ICMP administratively prohibited.</summary>
    Prohibit = 8,

    /// <summary>RTN_THROW: goes on with the next rule.</summary>
    Throw = 9,
}
