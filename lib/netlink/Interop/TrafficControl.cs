namespace Podwire.Netlink.Interop;

/// <summary>linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h and linux/tc_act/tc_mirred.h, names verbatim.</summary>
internal static class TrafficControl
{
    internal const ushort RTM_NEWQDISC = 36;
    internal const ushort RTM_DELQDISC = 37;
    internal const ushort RTM_GETQDISC = 38;
    internal const ushort RTM_NEWTFILTER = 44;
    internal const ushort RTM_DELTFILTER = 45;
    internal const ushort RTM_GETTFILTER = 46;

    internal const int TCA_KIND = 1;
    internal const int TCA_OPTIONS = 2;
    internal const int TCA_STATS2 = 7;

    internal const int TCA_STATS_BASIC = 1;
    internal const int TCA_STATS_QUEUE = 3;

    internal const int TCA_TBF_PARMS = 1;
    internal const int TCA_TBF_RATE64 = 4;

    internal const byte TC_LINKLAYER_ETHERNET = 1;

    internal const int TCA_U32_CLASSID = 1;
    internal const int TCA_U32_SEL = 5;
    internal const int TCA_U32_ACT = 7;

    internal const byte TC_U32_TERMINAL = 1;

    internal const int TCA_ACT_KIND = 1;
    internal const int TCA_ACT_OPTIONS = 2;

    internal const int TCA_MIRRED_PARMS = 2;

    internal const int TCA_EGRESS_REDIR = 1;
    internal const int TC_ACT_STOLEN = 4;

    internal const ushort ETH_P_ALL = 3;
}
