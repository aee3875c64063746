namespace Podwire.Netlink.Interop;

/// <summary>Names and numbers of linux/ip_vs.h, the generic netlink part. Ports are big-endian, all else is in host order but the IPv4 netmask.</summary>
internal static class IpVs
{
    internal const string IPVS_GENL_NAME = "IPVS";
    internal const byte IPVS_GENL_VERSION = 1;

    internal const byte IPVS_CMD_NEW_SERVICE = 1, IPVS_CMD_SET_SERVICE = 2, IPVS_CMD_DEL_SERVICE = 3, IPVS_CMD_GET_SERVICE = 4;
    internal const byte IPVS_CMD_NEW_DEST = 5, IPVS_CMD_SET_DEST = 6, IPVS_CMD_DEL_DEST = 7, IPVS_CMD_GET_DEST = 8;
    internal const byte IPVS_CMD_SET_CONFIG = 12, IPVS_CMD_GET_CONFIG = 13, IPVS_CMD_SET_INFO = 14, IPVS_CMD_GET_INFO = 15, IPVS_CMD_FLUSH = 17;

    internal const int IPVS_CMD_ATTR_SERVICE = 1, IPVS_CMD_ATTR_DEST = 2, IPVS_CMD_ATTR_TIMEOUT_TCP = 4, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN = 5, IPVS_CMD_ATTR_TIMEOUT_UDP = 6;

    internal const int IPVS_SVC_ATTR_AF = 1, IPVS_SVC_ATTR_PROTOCOL = 2, IPVS_SVC_ATTR_ADDR = 3, IPVS_SVC_ATTR_PORT = 4, IPVS_SVC_ATTR_FWMARK = 5, IPVS_SVC_ATTR_SCHED_NAME = 6;
    internal const int IPVS_SVC_ATTR_FLAGS = 7, IPVS_SVC_ATTR_TIMEOUT = 8, IPVS_SVC_ATTR_NETMASK = 9, IPVS_SVC_ATTR_STATS64 = 12;

    internal const int IPVS_DEST_ATTR_ADDR = 1, IPVS_DEST_ATTR_PORT = 2, IPVS_DEST_ATTR_FWD_METHOD = 3, IPVS_DEST_ATTR_WEIGHT = 4, IPVS_DEST_ATTR_U_THRESH = 5, IPVS_DEST_ATTR_L_THRESH = 6;
    internal const int IPVS_DEST_ATTR_ACTIVE_CONNS = 7, IPVS_DEST_ATTR_INACT_CONNS = 8, IPVS_DEST_ATTR_PERSIST_CONNS = 9, IPVS_DEST_ATTR_ADDR_FAMILY = 11, IPVS_DEST_ATTR_STATS64 = 12;

    internal const int IPVS_STATS_ATTR_CONNS = 1, IPVS_STATS_ATTR_INPKTS = 2, IPVS_STATS_ATTR_OUTPKTS = 3, IPVS_STATS_ATTR_INBYTES = 4, IPVS_STATS_ATTR_OUTBYTES = 5;

    internal const int IPVS_INFO_ATTR_VERSION = 1, IPVS_INFO_ATTR_CONN_TAB_SIZE = 2;

    internal const uint IP_VS_CONN_F_MASQ = 0, IP_VS_CONN_F_FWD_MASK = 7;
    internal const int AddressLength = 16;
}
