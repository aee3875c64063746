namespace Podwire.Netlink.Interop;

/// <summary>Names and numbers of linux/netfilter/ipset/ip_set.h. Numbers inside attributes are big-endian and say so (NLA_F_NET_BYTEORDER).</summary>
internal static class IpSetNumbers
{
    internal const int NFNL_SUBSYS_IPSET = 6;
    internal const byte IPSET_PROTOCOL = 7, IPSET_PROTOCOL_MIN = 6;
    internal const int NLA_F_NET_BYTEORDER = 0x4000;

    internal const int IPSET_CMD_PROTOCOL = 1, IPSET_CMD_CREATE = 2, IPSET_CMD_DESTROY = 3, IPSET_CMD_FLUSH = 4, IPSET_CMD_RENAME = 5, IPSET_CMD_SWAP = 6, IPSET_CMD_LIST = 7;
    internal const int IPSET_CMD_ADD = 9, IPSET_CMD_DEL = 10, IPSET_CMD_TEST = 11, IPSET_CMD_HEADER = 12, IPSET_CMD_TYPE = 13;

    internal const int IPSET_ATTR_PROTOCOL = 1, IPSET_ATTR_SETNAME = 2, IPSET_ATTR_TYPENAME = 3, IPSET_ATTR_SETNAME2 = 3, IPSET_ATTR_REVISION = 4, IPSET_ATTR_FAMILY = 5;
    internal const int IPSET_ATTR_FLAGS = 6, IPSET_ATTR_DATA = 7, IPSET_ATTR_ADT = 8, IPSET_ATTR_PROTOCOL_MIN = 10;

    internal const int IPSET_ATTR_IP = 1, IPSET_ATTR_CIDR = 3, IPSET_ATTR_PORT = 4, IPSET_ATTR_PORT_TO = 5, IPSET_ATTR_PROTO = 7, IPSET_ATTR_IP2 = 20, IPSET_ATTR_CIDR2 = 21;
    internal const int IPSET_ATTR_MAXELEM = 19, IPSET_ATTR_ELEMENTS = 24, IPSET_ATTR_REFERENCES = 25;
    internal const int IPSET_ATTR_IPADDR_IPV4 = 1, IPSET_ATTR_IPADDR_IPV6 = 2;
    internal const uint IPSET_FLAG_LIST_SETNAME = 1 << 1, IPSET_FLAG_LIST_HEADER = 1 << 2;
}
