using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>VLANs of bridge ports.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The VLANs of a bridge's port, ascending; empty if it is no port, or the kernel lacks CONFIG_BRIDGE_VLAN_FILTERING.</summary>
    public List<BridgeVlan> ListPortVlans(int port)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            BridgeVlan.EncodeDump(ref writer);
            return Socket.Dump<PortVlans>(writer.Written, "list VLANs", BridgeVlan.TryDecode).Find(p => p.Port == port)?.Vlans ?? [];
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Makes a bridge's port a member of VLANs; one that it is a member of gets the flags given.</summary>
    /// <exception cref="NetlinkException">EOPNOTSUPP if the kernel lacks CONFIG_BRIDGE_VLAN_FILTERING.</exception>
    public void AddPortVlan(int port, BridgeVlan vlan) => ChangeVlan(BridgeVlanInfo.RTM_SETLINK, port, vlan, "add");

    /// <summary>Takes a bridge's port out of VLANs; no harm if it is not a member.</summary>
    public void DeletePortVlan(int port, BridgeVlan vlan) => ChangeVlan(RtNetlink.RTM_DELLINK, port, vlan, "delete");

    private void ChangeVlan(ushort type, int port, BridgeVlan vlan, string operation)
    {
        ArgumentNullException.ThrowIfNull(vlan);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            vlan.Encode(ref writer, type, port);
            Socket.Execute(writer.Written, operation, vlan);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
