using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// An entry of a forwarding data base: where frames to an Ethernet address go (RTM_NEWNEIGH of family AF_BRIDGE, bridge(8)).
/// In a vxlan's own table that is the address of a remote node.
/// </summary>
/// <param name="InterfaceIndex">The interface: the vxlan, or the port of a bridge.</param>
/// <param name="Mac">The Ethernet address.</param>
public sealed record FdbEntry(int InterfaceIndex, MacAddress Mac)
{
    /// <summary>The remote node (vxlan); null in a bridge's table.</summary>
    public IpAddress? Remote { get; init; }

    /// <summary>The state.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>Which table: NTF_SELF for the device's own, NTF_MASTER for its bridge's.</summary>
    public NeighbourFlags Flags { get; init; } = NeighbourFlags.Self;

    /// <summary>A VNI other than the device's, or null.</summary>
    public uint? Vni { get; init; }

    /// <summary>A UDP port other than the device's, or null.</summary>
    public ushort? Port { get; init; }

    /// <summary>The bridge whose table it is in, or 0.</summary>
    public int MasterIndex { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString() => Remote is { } remote ? $"{Mac} to {remote} on interface {InterfaceIndex}" : $"{Mac} on interface {InterfaceIndex}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new NdMsg
        {
            Family = RtNetlink.AF_BRIDGE,
            Index = InterfaceIndex,
            State = (ushort)State,
            Flags = (byte)Flags,
        });
        writer.Mac(Neighbour.NDA_LLADDR, Mac);
        if (Remote is { } remote)
        {
            writer.Address(Neighbour.NDA_DST, remote);
        }

        if (Vni is { } vni)
        {
            writer.UInt32(Neighbour.NDA_VNI, vni);
        }

        if (Port is { } port)
        {
            writer.UInt16BigEndian(Neighbour.NDA_PORT, port);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, int interfaceIndex)
    {
        writer.BeginMessage(RtNetlink.RTM_GETNEIGH, NetlinkFlags.Dump);
        writer.Header(new NdMsg { Family = RtNetlink.AF_BRIDGE, Index = interfaceIndex });
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out FdbEntry entry)
    {
        entry = null;
        if (message.Type is not (RtNetlink.RTM_NEWNEIGH or RtNetlink.RTM_DELNEIGH))
        {
            return false;
        }

        var attributes = message.Attributes(NdMsg.Length);
        var header = MemoryMarshal.Read<NdMsg>(message.Payload);
        if (header.Family != RtNetlink.AF_BRIDGE)
        {
            return false;
        }

        MacAddress? mac = null;
        IpAddress? remote = null;
        uint? vni = null;
        ushort? port = null;
        var master = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case Neighbour.NDA_LLADDR:
                    mac = attributes.TryMac(out var found) ? found : null;
                    break;
                case Neighbour.NDA_DST:
                    remote = attributes.Address();
                    break;
                case Neighbour.NDA_VNI:
                    vni = attributes.UInt32();
                    break;
                case Neighbour.NDA_PORT:
                    port = attributes.UInt16BigEndian();
                    break;
                case Neighbour.NDA_MASTER:
                    master = attributes.Int32();
                    break;
            }
        }

        if (mac is not { } address)
        {
            return false;
        }

        entry = new FdbEntry(header.Index, address)
        {
            Remote = remote,
            State = (NeighbourState)header.State,
            Flags = (NeighbourFlags)header.Flags,
            Vni = vni,
            Port = port,
            MasterIndex = master,
        };
        return true;
    }
}
