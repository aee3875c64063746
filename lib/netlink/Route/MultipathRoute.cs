using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>A route with several next hops, among which the kernel spreads flows (RTA_MULTIPATH).</summary>
/// <param name="Destination">The network.</param>
/// <param name="NextHops">Two or more; in no order.</param>
public sealed record MultipathRoute(IpPrefix Destination, IReadOnlyList<NextHop> NextHops)
{
    // struct rtnexthop: u16 length, u8 flags, u8 hops (weight - 1), s32 interface.
    private const int HeaderLength = 8;

    /// <summary>The routing table.</summary>
    public uint Table { get; init; } = RouteEntry.MainTable;

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Boot;

    /// <summary>The metric: lower wins; 0 for none (IPv6 then takes 1024).</summary>
    public uint Metric { get; init; }

    /// <summary>For error texts.</summary>
    public override string ToString()
    {
        var hops = new List<string>(NextHops.Count);
        foreach (var hop in NextHops)
        {
            hops.Add(hop.Gateway is { } gateway ? $"{gateway}" : $"interface {hop.InterfaceIndex}");
        }

        return $"{Destination} via {string.Join(", ", hops)}";
    }

    internal void Encode(ref NetlinkWriter writer, ushort type, NetlinkFlags flags)
    {
        writer.BeginMessage(type, flags);
        writer.Header(new RtMsg
        {
            Family = (byte)Destination.Family,
            DestinationLength = Destination.Length,
            Table = Table < 256 ? (byte)Table : (byte)0,
            Protocol = (byte)Protocol,
            Type = (byte)RouteType.Unicast,
        });
        if (Destination.Length > 0)
        {
            writer.Address(RtNetlink.RTA_DST, Destination.First);
        }

        if (Metric != 0)
        {
            writer.UInt32(RtNetlink.RTA_PRIORITY, Metric);
        }

        if (Table >= 256)
        {
            writer.UInt32(RtNetlink.RTA_TABLE, Table);
        }

        var size = 0;
        foreach (var hop in NextHops)
        {
            size += HeaderLength + GatewayLength(hop);
        }

        var value = size <= 4096 ? stackalloc byte[size] : throw new InvalidOperationException($"{Destination}: too many next hops ({NextHops.Count})");
        value.Clear();
        var at = value;
        foreach (var hop in NextHops)
        {
            var length = (ushort)(HeaderLength + GatewayLength(hop));
            MemoryMarshal.Write(at, in length);
            (at[2], at[3]) = (hop.OnLink ? (byte)RtNetlink.RTNH_F_ONLINK : (byte)0, (byte)(hop.Weight - 1));
            MemoryMarshal.Write(at[4..], hop.InterfaceIndex);
            if (hop.Gateway is { } gateway)
            {
                MemoryMarshal.Write(at[8..], (ushort)(4 + gateway.Size));
                MemoryMarshal.Write(at[10..], (ushort)RtNetlink.RTA_GATEWAY);
                gateway.WriteTo(at[12..]);
            }

            at = at[length..];
        }

        writer.Bytes(RtNetlink.RTA_MULTIPATH, value);
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out MultipathRoute route)
    {
        route = null;
        if (!RouteEntry.TryDecode(message, out var common) || !common.IsMultipath)
        {
            return false;
        }

        var attributes = message.Attributes(RtMsg.Length);
        while (attributes.Read())
        {
            if (attributes.Type == RtNetlink.RTA_MULTIPATH)
            {
                route = new MultipathRoute(common.Destination, DecodeHops(attributes)) { Table = common.Table, Protocol = common.Protocol, Metric = common.Metric };
            }
        }

        return route is not null;
    }

    private static List<NextHop> DecodeHops(AttributeReader attribute)
    {
        var hops = new List<NextHop>();
        var data = attribute.Data;
        var offset = attribute.Offset;
        while (data.Length > 0)
        {
            var length = data.Length >= HeaderLength ? MemoryMarshal.Read<ushort>(data) : 0;
            if (length < HeaderLength || length > data.Length)
            {
                throw new NetlinkProtocolException($"a next hop of {length} octets where {data.Length} are left", offset);
            }

            IpAddress? gateway = null;
            var inner = new AttributeReader(data[HeaderLength..length], offset + HeaderLength);
            while (inner.Read())
            {
                if (inner.Type == RtNetlink.RTA_GATEWAY)
                {
                    gateway = inner.Address();
                }
            }

            hops.Add(new NextHop(gateway, MemoryMarshal.Read<int>(data[4..]), (data[2] & RtNetlink.RTNH_F_ONLINK) != 0, data[3] + 1));
            var aligned = Math.Min((length + 3) & ~3, data.Length);
            data = data[aligned..];
            offset += aligned;
        }

        return hops;
    }

    private static int GatewayLength(NextHop hop) => hop.Gateway is { } gateway ? 4 + gateway.Size : 0;
}
