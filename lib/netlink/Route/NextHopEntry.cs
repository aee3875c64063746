using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// A next hop that stands by itself (<c>ip nexthop</c>, linux/nexthop.h, Linux 5.3): routes name it by its number. The kernel finds it by that, where it compares the next
/// hops of IPv4 routes over one interface one by one. Deleting it deletes its routes, without a notification of them.
/// </summary>
/// <param name="Id">Its number in the namespace, not 0.</param>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Gateway">The gateway.</param>
public sealed record NextHopEntry(uint Id, int InterfaceIndex, IpAddress Gateway)
{
    /// <summary>RTNH_F_ONLINK: believe that the gateway is on the link though no address there says so.</summary>
    public bool OnLink { get; init; }

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Boot;

    /// <summary>For error texts.</summary>
    public override string ToString() => $"{Id} via {Gateway} on interface {InterfaceIndex}";

    internal void Encode(ref NetlinkWriter writer)
    {
        writer.BeginMessage(NextHops.RTM_NEWNEXTHOP, NetlinkFlags.Create | NetlinkFlags.Replace);
        writer.Header(new NhMsg { Family = (byte)Gateway.Family, Protocol = (byte)Protocol, Flags = OnLink ? RtNetlink.RTNH_F_ONLINK : 0 });
        writer.UInt32(NextHops.NHA_ID, Id);
        writer.Int32(NextHops.NHA_OIF, InterfaceIndex);
        writer.Address(NextHops.NHA_GATEWAY, Gateway);
        writer.EndMessage();
    }

    internal static void EncodeDelete(ref NetlinkWriter writer, uint id)
    {
        writer.BeginMessage(NextHops.RTM_DELNEXTHOP, NetlinkFlags.None);
        writer.Header(default(NhMsg));
        writer.UInt32(NextHops.NHA_ID, id);
        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, int interfaceIndex)
    {
        writer.BeginMessage(NextHops.RTM_GETNEXTHOP, NetlinkFlags.Dump);
        writer.Header(default(NhMsg));
        if (interfaceIndex != 0)
        {
            writer.Int32(NextHops.NHA_OIF, interfaceIndex);
        }

        writer.EndMessage();
    }

    /// <summary>False also for groups, blackholes and those without a gateway.</summary>
    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out NextHopEntry hop)
    {
        hop = null;
        if (message.Type is not (NextHops.RTM_NEWNEXTHOP or NextHops.RTM_DELNEXTHOP))
        {
            return false;
        }

        var attributes = message.Attributes(NhMsg.Length);
        var header = MemoryMarshal.Read<NhMsg>(message.Payload);
        uint id = 0;
        var index = 0;
        IpAddress? gateway = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NextHops.NHA_ID:
                    id = attributes.UInt32();
                    break;
                case NextHops.NHA_OIF:
                    index = attributes.Int32();
                    break;
                case NextHops.NHA_GATEWAY:
                    gateway = attributes.Address();
                    break;
            }
        }

        if (id == 0 || gateway is not { } known)
        {
            return false;
        }

        hop = new NextHopEntry(id, index, known) { OnLink = (header.Flags & RtNetlink.RTNH_F_ONLINK) != 0, Protocol = (RouteProtocol)header.Protocol };
        return true;
    }
}
