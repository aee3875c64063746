namespace Podwire.Netlink.Interop;

/// <summary>linux/if_link.h and linux/veth.h, names verbatim.</summary>
internal static class IfLink
{
    internal const int IFLA_ADDRESS = 1;
    internal const int IFLA_IFNAME = 3;
    internal const int IFLA_MTU = 4;
    internal const int IFLA_LINK = 5;
    internal const int IFLA_MASTER = 10;
    internal const int IFLA_PROTINFO = 12;
    internal const int IFLA_TXQLEN = 13;
    internal const int IFLA_OPERSTATE = 16;
    internal const int IFLA_LINKINFO = 18;
    internal const int IFLA_IFALIAS = 20;
    internal const int IFLA_AF_SPEC = 26;
    internal const int IFLA_NET_NS_FD = 28;
    internal const int IFLA_EXT_MASK = 29;
    internal const int IFLA_PROMISCUITY = 30;
    internal const int IFLA_LINK_NETNSID = 37;

    internal const uint RTEXT_FILTER_SKIP_STATS = 1 << 3;

    internal const int IFLA_INFO_KIND = 1;
    internal const int IFLA_INFO_DATA = 2;
    internal const int IFLA_INFO_SLAVE_KIND = 4;
    internal const int IFLA_INFO_SLAVE_DATA = 5;

    internal const int VETH_INFO_PEER = 1;

    internal const int IFLA_BR_FORWARD_DELAY = 1;
    internal const int IFLA_BR_AGEING_TIME = 4;
    internal const int IFLA_BR_STP_STATE = 5;
    internal const int IFLA_BR_VLAN_FILTERING = 7;
    internal const int IFLA_BR_MCAST_SNOOPING = 23;
    internal const int IFLA_BR_NF_CALL_IPTABLES = 36;
    internal const int IFLA_BR_NF_CALL_IP6TABLES = 37;
    internal const int IFLA_BR_VLAN_DEFAULT_PVID = 39;

    internal const int IFLA_BRPORT_STATE = 1;
    internal const int IFLA_BRPORT_MODE = 4;
    internal const int IFLA_BRPORT_LEARNING = 8;
    internal const int IFLA_BRPORT_UNICAST_FLOOD = 9;
    internal const int IFLA_BRPORT_PROXYARP = 10;
    internal const int IFLA_BRPORT_MCAST_FLOOD = 27;
    internal const int IFLA_BRPORT_BCAST_FLOOD = 30;
    internal const int IFLA_BRPORT_NEIGH_SUPPRESS = 32;
    internal const int IFLA_BRPORT_ISOLATED = 33;

    internal const int IFLA_MACVLAN_MODE = 1;
    internal const int IFLA_MACVLAN_BC_QUEUE_LEN = 7;

    internal const int IFLA_IPTUN_LINK = 1;
    internal const int IFLA_IPTUN_LOCAL = 2;
    internal const int IFLA_IPTUN_REMOTE = 3;
    internal const int IFLA_IPTUN_TTL = 4;
    internal const int IFLA_IPTUN_PMTUDISC = 10;

    internal const int IFLA_VXLAN_ID = 1;
    internal const int IFLA_VXLAN_GROUP = 2;
    internal const int IFLA_VXLAN_LINK = 3;
    internal const int IFLA_VXLAN_LOCAL = 4;
    internal const int IFLA_VXLAN_TTL = 5;
    internal const int IFLA_VXLAN_LEARNING = 7;
    internal const int IFLA_VXLAN_AGEING = 8;
    internal const int IFLA_VXLAN_PROXY = 11;
    internal const int IFLA_VXLAN_L2MISS = 13;
    internal const int IFLA_VXLAN_L3MISS = 14;
    internal const int IFLA_VXLAN_PORT = 15;
    internal const int IFLA_VXLAN_GROUP6 = 16;
    internal const int IFLA_VXLAN_LOCAL6 = 17;
    internal const int IFLA_VXLAN_UDP_CSUM = 18;
    internal const int IFLA_VXLAN_GBP = 23;
    internal const int IFLA_VXLAN_COLLECT_METADATA = 25;
}
