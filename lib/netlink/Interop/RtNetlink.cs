namespace Podwire.Netlink.Interop;

/// <summary>linux/rtnetlink.h, names verbatim.</summary>
internal static class RtNetlink
{
    internal const ushort RTM_NEWLINK = 16;
    internal const ushort RTM_DELLINK = 17;
    internal const ushort RTM_GETLINK = 18;
    internal const ushort RTM_NEWADDR = 20;
    internal const ushort RTM_DELADDR = 21;
    internal const ushort RTM_GETADDR = 22;
    internal const ushort RTM_NEWROUTE = 24;
    internal const ushort RTM_DELROUTE = 25;
    internal const ushort RTM_GETROUTE = 26;
    internal const ushort RTM_NEWNEIGH = 28;
    internal const ushort RTM_DELNEIGH = 29;
    internal const ushort RTM_GETNEIGH = 30;
    internal const ushort RTM_NEWRULE = 32;
    internal const ushort RTM_DELRULE = 33;
    internal const ushort RTM_GETRULE = 34;

    internal const int RTA_DST = 1;
    internal const int RTA_SRC = 2;
    internal const int RTA_OIF = 4;
    internal const int RTA_GATEWAY = 5;
    internal const int RTA_PRIORITY = 6;
    internal const int RTA_PREFSRC = 7;
    internal const int RTA_METRICS = 8;
    internal const int RTA_MULTIPATH = 9;
    internal const int RTA_TABLE = 15;
    internal const int RTA_NH_ID = 30;

    internal const int RTAX_MTU = 2;
    internal const int RTAX_ADVMSS = 8;

    internal const uint RTM_F_CLONED = 0x200;
    internal const uint RTNH_F_ONLINK = 4;

    internal const byte AF_UNSPEC = 0;
    internal const byte AF_BRIDGE = 7;
}
