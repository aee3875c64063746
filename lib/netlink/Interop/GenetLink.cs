namespace Podwire.Netlink.Interop;

/// <summary>Names and numbers of linux/genetlink.h.</summary>
internal static class GenetLink
{
    internal const ushort GENL_ID_CTRL = 0x10;
    internal const byte CTRL_CMD_NEWFAMILY = 1, CTRL_CMD_GETFAMILY = 3, CTRL_VERSION = 2;
    internal const int CTRL_ATTR_FAMILY_ID = 1, CTRL_ATTR_FAMILY_NAME = 2, CTRL_ATTR_VERSION = 3, CTRL_ATTR_HDRSIZE = 4, CTRL_ATTR_MAXATTR = 5, CTRL_ATTR_OPS = 6, CTRL_ATTR_MCAST_GROUPS = 7;
    internal const int CTRL_ATTR_MCAST_GRP_NAME = 1, CTRL_ATTR_MCAST_GRP_ID = 2;
}
