using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>A range of VLANs that a port of a bridge with VLAN filtering is a member of (bridge(8), <c>bridge vlan</c>).</summary>
/// <param name="First">The first VLAN, 1 to 4094.</param>
/// <param name="Last">The last VLAN, not below the first.</param>
public sealed record BridgeVlan(ushort First, ushort Last)
{
    /// <summary>Untagged frames that come in belong to it (BRIDGE_VLAN_INFO_PVID); for one VLAN only.</summary>
    public bool Pvid { get; init; }

    /// <summary>Its frames leave untagged (BRIDGE_VLAN_INFO_UNTAGGED).</summary>
    public bool Untagged { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString() => First == Last ? $"VLAN {First}" : $"VLANs {First} to {Last}";

    internal void Encode(ref NetlinkWriter writer, ushort type, int port)
    {
        writer.BeginMessage(type, NetlinkFlags.None);
        writer.Header(new IfInfoMsg { Family = RtNetlink.AF_BRIDGE, Index = port });
        var spec = writer.BeginNested(IfLink.IFLA_AF_SPEC);
        var flags = (ushort)((Pvid ? BridgeVlanInfo.BRIDGE_VLAN_INFO_PVID : 0) | (Untagged ? BridgeVlanInfo.BRIDGE_VLAN_INFO_UNTAGGED : 0));
        if (First == Last)
        {
            writer.Struct(BridgeVlanInfo.IFLA_BRIDGE_VLAN_INFO, new BridgeVlanInfo { Flags = flags, Vid = First });
        }
        else
        {
            writer.Struct(BridgeVlanInfo.IFLA_BRIDGE_VLAN_INFO, new BridgeVlanInfo { Flags = (ushort)(flags | BridgeVlanInfo.BRIDGE_VLAN_INFO_RANGE_BEGIN), Vid = First });
            writer.Struct(BridgeVlanInfo.IFLA_BRIDGE_VLAN_INFO, new BridgeVlanInfo { Flags = (ushort)(flags | BridgeVlanInfo.BRIDGE_VLAN_INFO_RANGE_END), Vid = Last });
        }

        writer.EndNested(spec);
        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer)
    {
        writer.BeginMessage(RtNetlink.RTM_GETLINK, NetlinkFlags.Dump);
        writer.Header(new IfInfoMsg { Family = RtNetlink.AF_BRIDGE });
        writer.UInt32(IfLink.IFLA_EXT_MASK, BridgeVlanInfo.RTEXT_FILTER_BRVLAN);
        writer.EndMessage();
    }

    /// <summary>Decodes the AF_BRIDGE form of RTM_NEWLINK: the port and its VLANs, one by one.</summary>
    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out PortVlans port)
    {
        port = null;
        if (message.Type is not RtNetlink.RTM_NEWLINK)
        {
            return false;
        }

        var attributes = message.Attributes(IfInfoMsg.Length);
        var header = MemoryMarshal.Read<IfInfoMsg>(message.Payload);
        if (header.Family != RtNetlink.AF_BRIDGE)
        {
            return false;
        }

        var vlans = new List<BridgeVlan>();
        while (attributes.Read())
        {
            if (attributes.Type == IfLink.IFLA_AF_SPEC)
            {
                var spec = attributes.Nested();
                while (spec.Read())
                {
                    if (spec.Type == BridgeVlanInfo.IFLA_BRIDGE_VLAN_INFO)
                    {
                        var info = MemoryMarshal.Read<BridgeVlanInfo>(spec.AtLeast(BridgeVlanInfo.Length));
                        vlans.Add(new(info.Vid, info.Vid)
                        {
                            Pvid = (info.Flags & BridgeVlanInfo.BRIDGE_VLAN_INFO_PVID) != 0,
                            Untagged = (info.Flags & BridgeVlanInfo.BRIDGE_VLAN_INFO_UNTAGGED) != 0,
                        });
                    }
                }
            }
        }

        port = new(header.Index, vlans);
        return true;
    }
}
