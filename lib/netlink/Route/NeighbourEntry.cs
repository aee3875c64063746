using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Which Ethernet address an IP address on a link has: ARP or ND (RTM_NEWNEIGH, rtnetlink(7)).</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Address">The IP address.</param>
/// <param name="Mac">Its Ethernet address; null while it is unknown.</param>
public sealed record NeighbourEntry(int InterfaceIndex, IpAddress Address, MacAddress? Mac)
{
    /// <summary>The state; permanent for what is set by hand.</summary>
    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    /// <summary>Flags.</summary>
    public NeighbourFlags Flags { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Address} at {Mac} on interface {InterfaceIndex}";

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new NdMsg
        {
            Family = (byte)Address.Family,
            Index = InterfaceIndex,
            State = (ushort)State,
            Flags = (byte)Flags,
        });
        writer.Address(Neighbour.NDA_DST, Address);
        if (Mac is { } mac)
        {
            writer.Mac(Neighbour.NDA_LLADDR, mac);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, IpFamily family, int interfaceIndex)
    {
        writer.BeginMessage(RtNetlink.RTM_GETNEIGH, NetlinkFlags.Dump);
        writer.Header(new NdMsg { Family = (byte)family });
        if (interfaceIndex != 0)
        {
            writer.Int32(Neighbour.NDA_IFINDEX, interfaceIndex);
        }

        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out NeighbourEntry neighbour)
    {
        neighbour = null;
        if (message.Type is not (RtNetlink.RTM_NEWNEIGH or RtNetlink.RTM_DELNEIGH))
        {
            return false;
        }

        var attributes = message.Attributes(NdMsg.Length);
        var header = MemoryMarshal.Read<NdMsg>(message.Payload);
        if (header.Family is not ((byte)IpFamily.V4 or (byte)IpFamily.V6))
        {
            return false;
        }

        IpAddress? address = null;
        MacAddress? mac = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case Neighbour.NDA_DST:
                    address = attributes.Address();
                    break;
                case Neighbour.NDA_LLADDR:
                    mac = attributes.TryMac(out var found) ? found : null;
                    break;
            }
        }

        if (address is not { } known)
        {
            return false;
        }

        neighbour = new NeighbourEntry(header.Index, known, mac)
        {
            State = (NeighbourState)header.State,
            Flags = (NeighbourFlags)header.Flags,
        };
        return true;
    }
}
