using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>Settings of a bridge's port (IFLA_BRPORT_*, linux/if_link.h). In a request null leaves the kernel's value.</summary>
public sealed record BridgePort
{
    /// <summary>IFLA_BRPORT_MODE: a frame may leave by the port it came from, so that a pod reaches itself through a service.</summary>
    public bool? Hairpin { get; init; }

    /// <summary>No frames to other isolated ports.</summary>
    public bool? Isolated { get; init; }

    /// <summary>Source addresses are learnt.</summary>
    public bool? Learning { get; init; }

    /// <summary>Frames to unknown addresses are sent to this port.</summary>
    public bool? UnicastFlood { get; init; }

    /// <summary>Multicast frames nobody asked for are sent to this port.</summary>
    public bool? MulticastFlood { get; init; }

    /// <summary>Broadcast frames are sent to this port.</summary>
    public bool? BroadcastFlood { get; init; }

    /// <summary>The bridge answers ARP for what it knows.</summary>
    public bool? ProxyArp { get; init; }

    /// <summary>ARP and ND are answered from the neighbour table and not flooded.</summary>
    public bool? NeighbourSuppression { get; init; }

    /// <summary>The spanning tree's state (linux/if_bridge.h): 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking.</summary>
    public byte? State { get; init; }

    internal void Encode(ref NetlinkWriter writer)
    {
        if (State is { } state)
        {
            writer.Byte(IfLink.IFLA_BRPORT_STATE, state);
        }

        Flag(ref writer, IfLink.IFLA_BRPORT_MODE, Hairpin);
        Flag(ref writer, IfLink.IFLA_BRPORT_LEARNING, Learning);
        Flag(ref writer, IfLink.IFLA_BRPORT_UNICAST_FLOOD, UnicastFlood);
        Flag(ref writer, IfLink.IFLA_BRPORT_PROXYARP, ProxyArp);
        Flag(ref writer, IfLink.IFLA_BRPORT_MCAST_FLOOD, MulticastFlood);
        Flag(ref writer, IfLink.IFLA_BRPORT_BCAST_FLOOD, BroadcastFlood);
        Flag(ref writer, IfLink.IFLA_BRPORT_NEIGH_SUPPRESS, NeighbourSuppression);
        Flag(ref writer, IfLink.IFLA_BRPORT_ISOLATED, Isolated);
    }

    internal static BridgePort Decode(AttributeReader attributes)
    {
        bool? hairpin = null, isolated = null, learning = null, unicast = null, multicast = null, broadcast = null, proxyArp = null, suppression = null;
        byte? state = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfLink.IFLA_BRPORT_STATE:
                    state = attributes.Byte();
                    break;
                case IfLink.IFLA_BRPORT_MODE:
                    hairpin = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_LEARNING:
                    learning = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_UNICAST_FLOOD:
                    unicast = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_PROXYARP:
                    proxyArp = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_MCAST_FLOOD:
                    multicast = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_BCAST_FLOOD:
                    broadcast = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_NEIGH_SUPPRESS:
                    suppression = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_BRPORT_ISOLATED:
                    isolated = attributes.Byte() != 0;
                    break;
            }
        }

        return new BridgePort
        {
            State = state,
            Hairpin = hairpin,
            Isolated = isolated,
            Learning = learning,
            UnicastFlood = unicast,
            MulticastFlood = multicast,
            BroadcastFlood = broadcast,
            ProxyArp = proxyArp,
            NeighbourSuppression = suppression,
        };
    }

    private static void Flag(ref NetlinkWriter writer, int type, bool? value)
    {
        if (value is { } set)
        {
            writer.Byte(type, set ? (byte)1 : (byte)0);
        }
    }
}
