namespace Podwire.Netlink.Interop;

/// <summary>linux/nexthop.h and the message types of linux/rtnetlink.h, names verbatim.</summary>
internal static class NextHops
{
    internal const ushort RTM_NEWNEXTHOP = 104;
    internal const ushort RTM_DELNEXTHOP = 105;
    internal const ushort RTM_GETNEXTHOP = 106;

    internal const int NHA_ID = 1;
    internal const int NHA_OIF = 5;
    internal const int NHA_GATEWAY = 6;
}
