using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Settings of a VXLAN device (RFC 7348; IFLA_VXLAN_*, linux/if_link.h). In a request null leaves the kernel's default.</summary>
public sealed record VxlanAttributes
{
    internal const string Kind = "vxlan";

    /// <summary>The network identifier, 0 to 16,777,215.</summary>
    public required uint Vni { get; init; }

    /// <summary>The UDP port; the kernel's default is 8472, IANA's 4789.</summary>
    public ushort? Port { get; init; }

    /// <summary>The source address of the outer packet.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>The multicast group or the default destination.</summary>
    public IpAddress? Group { get; init; }

    /// <summary>The index of the underlay link.</summary>
    public int? ParentIndex { get; init; }

    /// <summary>Remote addresses are learnt from received packets; on at first.</summary>
    public bool? Learning { get; init; }

    /// <summary>Group policy extension (draft-smith-vxlan-group-policy). Fixed at creation.</summary>
    public bool Gbp { get; init; }

    /// <summary>Tell user space of frames to unknown Ethernet addresses.</summary>
    public bool? L2Miss { get; init; }

    /// <summary>Tell user space of packets to unknown neighbours.</summary>
    public bool? L3Miss { get; init; }

    /// <summary>Answer ARP on behalf of remote nodes.</summary>
    public bool? Proxy { get; init; }

    /// <summary>The outer TTL; 0 takes the default.</summary>
    public byte? Ttl { get; init; }

    /// <summary>How long a learnt entry is kept, in seconds; 300 at first.</summary>
    public uint? Ageing { get; init; }

    /// <summary>Fill in the outer UDP checksum over IPv4.</summary>
    public bool? UdpChecksum { get; init; }

    /// <summary>IFLA_VXLAN_COLLECT_METADATA: identifier and destination come from the route. Fixed at creation.</summary>
    public bool External { get; init; }

    internal void Encode(ref NetlinkWriter writer)
    {
        writer.UInt32(IfLink.IFLA_VXLAN_ID, Vni);
        if (Group is { } group)
        {
            writer.Address(group.IsV4 ? IfLink.IFLA_VXLAN_GROUP : IfLink.IFLA_VXLAN_GROUP6, group);
        }

        if (ParentIndex is { } parent)
        {
            writer.Int32(IfLink.IFLA_VXLAN_LINK, parent);
        }

        if (Local is { } local)
        {
            writer.Address(local.IsV4 ? IfLink.IFLA_VXLAN_LOCAL : IfLink.IFLA_VXLAN_LOCAL6, local);
        }

        if (Ageing is { } ageing)
        {
            writer.UInt32(IfLink.IFLA_VXLAN_AGEING, ageing);
        }

        if (Port is { } port)
        {
            writer.UInt16BigEndian(IfLink.IFLA_VXLAN_PORT, port);
        }

        if (Ttl is { } ttl)
        {
            writer.Byte(IfLink.IFLA_VXLAN_TTL, ttl);
        }

        Flag(ref writer, IfLink.IFLA_VXLAN_LEARNING, Learning);
        Flag(ref writer, IfLink.IFLA_VXLAN_PROXY, Proxy);
        Flag(ref writer, IfLink.IFLA_VXLAN_L2MISS, L2Miss);
        Flag(ref writer, IfLink.IFLA_VXLAN_L3MISS, L3Miss);
        Flag(ref writer, IfLink.IFLA_VXLAN_UDP_CSUM, UdpChecksum);
        if (External)
        {
            writer.Byte(IfLink.IFLA_VXLAN_COLLECT_METADATA, 1);
        }

        if (Gbp)
        {
            writer.Flag(IfLink.IFLA_VXLAN_GBP);
        }
    }

    internal static VxlanAttributes Decode(AttributeReader attributes)
    {
        uint vni = 0;
        ushort? port = null;
        IpAddress? local = null, group = null;
        int? parent = null;
        bool? learning = null, l2Miss = null, l3Miss = null, proxy = null, checksum = null;
        byte? ttl = null;
        uint? ageing = null;
        bool gbp = false, external = false;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfLink.IFLA_VXLAN_ID:
                    vni = attributes.UInt32();
                    break;
                case IfLink.IFLA_VXLAN_GROUP or IfLink.IFLA_VXLAN_GROUP6:
                    group = attributes.Address();
                    break;
                case IfLink.IFLA_VXLAN_LINK:
                    parent = attributes.Int32();
                    break;
                case IfLink.IFLA_VXLAN_LOCAL or IfLink.IFLA_VXLAN_LOCAL6:
                    local = attributes.Address();
                    break;
                case IfLink.IFLA_VXLAN_AGEING:
                    ageing = attributes.UInt32();
                    break;
                case IfLink.IFLA_VXLAN_PORT:
                    port = attributes.UInt16BigEndian();
                    break;
                case IfLink.IFLA_VXLAN_TTL:
                    ttl = attributes.Byte();
                    break;
                case IfLink.IFLA_VXLAN_LEARNING:
                    learning = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_VXLAN_PROXY:
                    proxy = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_VXLAN_L2MISS:
                    l2Miss = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_VXLAN_L3MISS:
                    l3Miss = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_VXLAN_UDP_CSUM:
                    checksum = attributes.Byte() != 0;
                    break;
                case IfLink.IFLA_VXLAN_GBP:
                    gbp = true;
                    break;
                case IfLink.IFLA_VXLAN_COLLECT_METADATA:
                    external = attributes.Byte() != 0;
                    break;
            }
        }

        return new VxlanAttributes
        {
            Vni = vni,
            Port = port,
            Local = local,
            Group = group,
            ParentIndex = parent,
            Learning = learning,
            Gbp = gbp,
            L2Miss = l2Miss,
            L3Miss = l3Miss,
            Proxy = proxy,
            Ttl = ttl,
            Ageing = ageing,
            UdpChecksum = checksum,
            External = external,
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
