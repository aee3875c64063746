using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Settings of an IPv4-in-IPv4 tunnel (RFC 2003; IFLA_IPTUN_*, linux/if_tunnel.h). In a request null leaves the kernel's default.</summary>
public sealed record IpipAttributes
{
    internal const string Kind = "ipip";

    /// <summary>The source address of the outer packet; null for any.</summary>
    public IpAddress? Local { get; init; }

    /// <summary>The only other end; null takes it from the route's gateway.</summary>
    public IpAddress? Remote { get; init; }

    /// <summary>The index of the underlay link; null for any.</summary>
    public int? ParentIndex { get; init; }

    /// <summary>The outer TTL; 0 takes the inner packet's.</summary>
    public byte? Ttl { get; init; }

    /// <summary>The outer packet carries don't-fragment and the path's MTU is heeded; on at first.</summary>
    public bool? PathMtuDiscovery { get; init; }

    internal void Encode(ref NetlinkWriter writer)
    {
        if (ParentIndex is { } parent)
        {
            writer.Int32(IfLink.IFLA_IPTUN_LINK, parent);
        }

        if (Local is { } local)
        {
            writer.Address(IfLink.IFLA_IPTUN_LOCAL, local);
        }

        if (Remote is { } remote)
        {
            writer.Address(IfLink.IFLA_IPTUN_REMOTE, remote);
        }

        if (Ttl is { } ttl)
        {
            writer.Byte(IfLink.IFLA_IPTUN_TTL, ttl);
        }

        if (PathMtuDiscovery is { } discovery)
        {
            writer.Byte(IfLink.IFLA_IPTUN_PMTUDISC, discovery ? (byte)1 : (byte)0);
        }
    }

    internal static IpipAttributes Decode(AttributeReader attributes)
    {
        IpAddress? local = null, remote = null;
        int? parent = null;
        byte? ttl = null;
        bool? discovery = null;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IfLink.IFLA_IPTUN_LINK:
                    parent = attributes.Int32() is var index and not 0 ? index : null;
                    break;
                case IfLink.IFLA_IPTUN_LOCAL:
                    local = attributes.Address() is { IsUnspecified: false } from ? from : null;
                    break;
                case IfLink.IFLA_IPTUN_REMOTE:
                    remote = attributes.Address() is { IsUnspecified: false } to ? to : null;
                    break;
                case IfLink.IFLA_IPTUN_TTL:
                    ttl = attributes.Byte();
                    break;
                case IfLink.IFLA_IPTUN_PMTUDISC:
                    discovery = attributes.Byte() != 0;
                    break;
            }
        }

        return new IpipAttributes { Local = local, Remote = remote, ParentIndex = parent, Ttl = ttl, PathMtuDiscovery = discovery };
    }
}
