using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct bridge_vlan_info</c> (linux/if_bridge.h) and the names around it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BridgeVlanInfo
{
    internal const int Length = 4;

    internal const ushort RTM_SETLINK = 19;

    internal const int IFLA_BRIDGE_FLAGS = 0;
    internal const int IFLA_BRIDGE_VLAN_INFO = 2;

    internal const ushort BRIDGE_FLAGS_MASTER = 1;
    internal const ushort BRIDGE_FLAGS_SELF = 2;

    internal const ushort BRIDGE_VLAN_INFO_PVID = 1 << 1;
    internal const ushort BRIDGE_VLAN_INFO_UNTAGGED = 1 << 2;
    internal const ushort BRIDGE_VLAN_INFO_RANGE_BEGIN = 1 << 3;
    internal const ushort BRIDGE_VLAN_INFO_RANGE_END = 1 << 4;

    internal const uint RTEXT_FILTER_BRVLAN = 1 << 1;

    internal ushort Flags;
    internal ushort Vid;
}
