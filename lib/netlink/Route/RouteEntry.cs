using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>A route with at most one next hop (RTM_NEWROUTE, rtnetlink(7)).</summary>
/// <param name="Destination">The network; 0.0.0.0/0 or ::/0 for the default route.</param>
public sealed record RouteEntry(IpPrefix Destination)
{
    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint MainTable = 254;

    /// <summary>RT_TABLE_LOCAL.</summary>
    public const uint LocalTable = 255;

    /// <summary>The next hop, of the destination's family; null if the destination is on the link.</summary>
    public IpAddress? Gateway { get; init; }

    /// <summary>The interface the packets leave by; 0 for a route that drops them or lets the gateway decide.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>RTNH_F_ONLINK: believe that the gateway is on the link though no address there says so.</summary>
    public bool OnLink { get; init; }

    /// <summary>The source address this machine prefers for its own packets.</summary>
    public IpAddress? PreferredSource { get; init; }

    /// <summary>The routing table.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Boot;

    /// <summary>The scope; null chooses as ip(8) does: link without a gateway (IPv4), else universe.</summary>
    public RouteScope? Scope { get; init; }

    /// <summary>What it does.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>The metric: lower wins; 0 for none (IPv6 then takes 1024).</summary>
    public uint Metric { get; init; }

    /// <summary>The MTU along this route in bytes; 0 for the link's.</summary>
    public uint Mtu { get; init; }

    /// <summary>The MSS that TCP announces along this route in bytes; 0 for the computed one.</summary>
    public uint AdvertisedMss { get; init; }

    /// <summary>
    /// The next hop that the route names (<see cref="NextHopEntry"/>), 0 for none. In a request it stands in the place of gateway, interface and
    /// <see cref="OnLink"/>; the kernel's answers have these too.
    /// </summary>
    public uint NextHopId { get; init; }

    /// <summary>True if the kernel gave several next hops; only their common part is decoded.</summary>
    public bool IsMultipath { get; init; }

    private RouteScope EffectiveScope => Scope
        ?? (Destination.Family == IpFamily.V6 || Gateway is not null || NextHopId != 0 || Type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw
            ? RouteScope.Universe
            : Type == RouteType.Local ? RouteScope.Host : RouteScope.Link);

    /// <summary>For error texts.</summary>
    public override string ToString()
    {
        var text = Destination.Length == 0 ? "default" : Destination.ToString();
        text = Type == RouteType.Unicast ? text : $"{Type} {text}";
        text = Gateway is { } gateway ? $"{text} via {gateway}" : text;
        text = InterfaceIndex == 0 ? text : $"{text} on interface {InterfaceIndex}";
        return Table == MainTable ? text : $"{text} table {Table}";
    }

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        var deletes = type == RtNetlink.RTM_DELROUTE;
        writer.BeginMessage(type, flags);
        writer.Header(new RtMsg
        {
            Family = (byte)Destination.Family,
            DestinationLength = Destination.Length,
            Table = Table < 256 ? (byte)Table : (byte)0,
            Protocol = (byte)Protocol,
            Scope = (byte)(deletes && Scope is null ? RouteScope.Nowhere : EffectiveScope),
            Type = (byte)Type,
            Flags = OnLink && NextHopId == 0 ? RtNetlink.RTNH_F_ONLINK : 0,
        });
        if (Destination.Length > 0)
        {
            writer.Address(RtNetlink.RTA_DST, Destination.First);
        }

        if (NextHopId != 0)
        {
            writer.UInt32(RtNetlink.RTA_NH_ID, NextHopId);
        }
        else if (Gateway is { } gateway)
        {
            writer.Address(RtNetlink.RTA_GATEWAY, gateway);
        }

        if (InterfaceIndex != 0 && NextHopId == 0)
        {
            writer.Int32(RtNetlink.RTA_OIF, InterfaceIndex);
        }

        if (PreferredSource is { } source)
        {
            writer.Address(RtNetlink.RTA_PREFSRC, source);
        }

        if (Metric != 0)
        {
            writer.UInt32(RtNetlink.RTA_PRIORITY, Metric);
        }

        if (Table >= 256)
        {
            writer.UInt32(RtNetlink.RTA_TABLE, Table);
        }

        if (Mtu != 0 || AdvertisedMss != 0)
        {
            var metrics = writer.BeginNested(RtNetlink.RTA_METRICS);
            if (Mtu != 0)
            {
                writer.UInt32(RtNetlink.RTAX_MTU, Mtu);
            }

            if (AdvertisedMss != 0)
            {
                writer.UInt32(RtNetlink.RTAX_ADVMSS, AdvertisedMss);
            }

            writer.EndNested(metrics);
        }

        writer.EndMessage();
    }

    internal static void EncodeDump(ref NetlinkWriter writer, IpFamily family, uint? table, int interfaceIndex)
    {
        writer.BeginMessage(RtNetlink.RTM_GETROUTE, NetlinkFlags.Dump);
        writer.Header(new RtMsg { Family = (byte)family });
        if (table is { } number)
        {
            writer.UInt32(RtNetlink.RTA_TABLE, number);
        }

        if (interfaceIndex != 0)
        {
            writer.Int32(RtNetlink.RTA_OIF, interfaceIndex);
        }

        writer.EndMessage();
    }

    internal static void EncodeGet(ref NetlinkWriter writer, IpAddress destination)
    {
        writer.BeginMessage(RtNetlink.RTM_GETROUTE, NetlinkFlags.None);
        writer.Header(new RtMsg { Family = (byte)destination.Family, DestinationLength = (byte)destination.Bits });
        writer.Address(RtNetlink.RTA_DST, destination);
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out RouteEntry route)
    {
        route = null;
        if (message.Type is not (RtNetlink.RTM_NEWROUTE or RtNetlink.RTM_DELROUTE))
        {
            return false;
        }

        var attributes = message.Attributes(RtMsg.Length);
        var header = MemoryMarshal.Read<RtMsg>(message.Payload);
        if (header.Family is not ((byte)IpFamily.V4 or (byte)IpFamily.V6))
        {
            return false;
        }

        var family = (IpFamily)header.Family;
        var destination = IpAddress.Any(family);
        IpAddress? gateway = null, source = null;
        var interfaceIndex = 0;
        uint table = header.Table, metric = 0, mtu = 0, mss = 0, hop = 0;
        var multipath = false;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case RtNetlink.RTA_DST:
                    destination = attributes.Address();
                    break;
                case RtNetlink.RTA_GATEWAY:
                    gateway = attributes.Address();
                    break;
                case RtNetlink.RTA_OIF:
                    interfaceIndex = attributes.Int32();
                    break;
                case RtNetlink.RTA_PREFSRC:
                    source = attributes.Address();
                    break;
                case RtNetlink.RTA_PRIORITY:
                    metric = attributes.UInt32();
                    break;
                case RtNetlink.RTA_TABLE:
                    table = attributes.UInt32();
                    break;
                case RtNetlink.RTA_NH_ID:
                    hop = attributes.UInt32();
                    break;
                case RtNetlink.RTA_MULTIPATH:
                    multipath = true;
                    break;
                case RtNetlink.RTA_METRICS:
                    (mtu, mss) = DecodeMetrics(attributes.Nested());
                    break;
            }
        }

        if (destination.Family != family || header.DestinationLength > destination.Bits)
        {
            throw new NetlinkProtocolException($"destination {destination}/{header.DestinationLength} in a route of family {header.Family}", message.Offset);
        }

        route = new RouteEntry(new IpPrefix(destination, header.DestinationLength))
        {
            Gateway = gateway,
            InterfaceIndex = interfaceIndex,
            OnLink = (header.Flags & RtNetlink.RTNH_F_ONLINK) != 0,
            PreferredSource = source,
            Table = table,
            Protocol = (RouteProtocol)header.Protocol,
            Scope = (RouteScope)header.Scope,
            Type = (RouteType)header.Type,
            Metric = metric,
            NextHopId = hop,
            Mtu = mtu,
            AdvertisedMss = mss,
            IsMultipath = multipath,
        };
        return true;
    }

    private static (uint Mtu, uint Mss) DecodeMetrics(AttributeReader attributes)
    {
        uint mtu = 0, mss = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case RtNetlink.RTAX_MTU:
                    mtu = attributes.UInt32();
                    break;
                case RtNetlink.RTAX_ADVMSS:
                    mss = attributes.UInt32();
                    break;
            }
        }

        return (mtu, mss);
    }
}
