namespace Podwire.Netlink.Interop;

/// <summary>Names and numbers of linux/netfilter/nfnetlink_conntrack.h. Numbers inside attributes are big-endian; CTA_FILTER's are in host order.</summary>
internal static class NfConntrack
{
    internal const int NFNL_SUBSYS_CTNETLINK = 1;
    internal const int IPCTNL_MSG_CT_NEW = 0, IPCTNL_MSG_CT_GET = 1, IPCTNL_MSG_CT_DELETE = 2, IPCTNL_MSG_CT_GET_STATS = 5;
    internal const ushort CTA_STATS_GLOBAL_ENTRIES = 1;

    internal const int CTA_TUPLE_ORIG = 1, CTA_TUPLE_REPLY = 2, CTA_STATUS = 3, CTA_PROTOINFO = 4, CTA_TIMEOUT = 7, CTA_MARK = 8, CTA_ID = 12, CTA_ZONE = 18, CTA_FILTER = 25;
    internal const int CTA_PROTOINFO_TCP = 1, CTA_PROTOINFO_TCP_STATE = 1;
    internal const int CTA_TUPLE_IP = 1, CTA_TUPLE_PROTO = 2;
    internal const int CTA_IP_V4_SRC = 1, CTA_IP_V4_DST = 2, CTA_IP_V6_SRC = 3, CTA_IP_V6_DST = 4;
    internal const int CTA_PROTO_NUM = 1, CTA_PROTO_SRC_PORT = 2, CTA_PROTO_DST_PORT = 3;
    internal const int CTA_PROTO_ICMP_ID = 4, CTA_PROTO_ICMP_TYPE = 5, CTA_PROTO_ICMP_CODE = 6;
    internal const int CTA_PROTO_ICMPV6_ID = 7, CTA_PROTO_ICMPV6_TYPE = 8, CTA_PROTO_ICMPV6_CODE = 9;
    internal const int CTA_FILTER_ORIG_FLAGS = 1, CTA_FILTER_REPLY_FLAGS = 2;

    // net/netfilter/nf_internals.h: which fields of the tuple a dump is filtered by (Linux 5.8).
    internal const uint CTA_FILTER_F_CTA_IP_DST = 1 << 1, CTA_FILTER_F_CTA_PROTO_NUM = 1 << 3, CTA_FILTER_F_CTA_PROTO_DST_PORT = 1 << 5;
}
