using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Conntrack;

/// <summary>One direction of a connection (CTA_TUPLE_*).</summary>
/// <param name="Source">The sender.</param>
/// <param name="Destination">The receiver.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="SourcePort">The sender's port; of ICMP and ICMPv6 the identifier.</param>
/// <param name="DestinationPort">The receiver's port; of ICMP and ICMPv6 the type (upper byte) and the code.</param>
public readonly record struct ConntrackTuple(IpAddress Source, IpAddress Destination, IpProtocol Protocol, ushort SourcePort, ushort DestinationPort)
{
    internal void Write(ref NetlinkWriter writer, int attribute)
    {
        var tuple = writer.BeginNested(attribute);
        var ip = writer.BeginNested(NfConntrack.CTA_TUPLE_IP);
        writer.Address(Source.IsV4 ? NfConntrack.CTA_IP_V4_SRC : NfConntrack.CTA_IP_V6_SRC, Source);
        writer.Address(Source.IsV4 ? NfConntrack.CTA_IP_V4_DST : NfConntrack.CTA_IP_V6_DST, Destination);
        writer.EndNested(ip);
        var protocol = writer.BeginNested(NfConntrack.CTA_TUPLE_PROTO);
        writer.Byte(NfConntrack.CTA_PROTO_NUM, (byte)Protocol);
        switch (Protocol)
        {
            case IpProtocol.Icmp:
                writer.UInt16BigEndian(NfConntrack.CTA_PROTO_ICMP_ID, SourcePort);
                writer.Byte(NfConntrack.CTA_PROTO_ICMP_TYPE, (byte)(DestinationPort >> 8));
                writer.Byte(NfConntrack.CTA_PROTO_ICMP_CODE, (byte)DestinationPort);
                break;
            case IpProtocol.IcmpV6:
                writer.UInt16BigEndian(NfConntrack.CTA_PROTO_ICMPV6_ID, SourcePort);
                writer.Byte(NfConntrack.CTA_PROTO_ICMPV6_TYPE, (byte)(DestinationPort >> 8));
                writer.Byte(NfConntrack.CTA_PROTO_ICMPV6_CODE, (byte)DestinationPort);
                break;
            default:
                writer.UInt16BigEndian(NfConntrack.CTA_PROTO_SRC_PORT, SourcePort);
                writer.UInt16BigEndian(NfConntrack.CTA_PROTO_DST_PORT, DestinationPort);
                break;
        }

        writer.EndNested(protocol);
        writer.EndNested(tuple);
    }

    internal static ConntrackTuple Read(AttributeReader tuple)
    {
        IpAddress source = default, destination = default;
        byte number = 0;
        ushort from = 0, to = 0;
        while (tuple.Read())
        {
            var inner = tuple.Nested();
            switch (tuple.Type)
            {
                case NfConntrack.CTA_TUPLE_IP:
                    ReadAddresses(inner, ref source, ref destination);
                    break;
                case NfConntrack.CTA_TUPLE_PROTO:
                    ReadPorts(inner, ref number, ref from, ref to);
                    break;
            }
        }

        return new(source, destination, (IpProtocol)number, from, to);
    }

    private static void ReadAddresses(AttributeReader attributes, ref IpAddress source, ref IpAddress destination)
    {
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfConntrack.CTA_IP_V4_SRC or NfConntrack.CTA_IP_V6_SRC:
                    source = attributes.Address();
                    break;
                case NfConntrack.CTA_IP_V4_DST or NfConntrack.CTA_IP_V6_DST:
                    destination = attributes.Address();
                    break;
            }
        }
    }

    private static void ReadPorts(AttributeReader attributes, ref byte number, ref ushort from, ref ushort to)
    {
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case NfConntrack.CTA_PROTO_NUM:
                    number = attributes.Byte();
                    break;
                case NfConntrack.CTA_PROTO_SRC_PORT or NfConntrack.CTA_PROTO_ICMP_ID or NfConntrack.CTA_PROTO_ICMPV6_ID:
                    from = attributes.UInt16BigEndian();
                    break;
                case NfConntrack.CTA_PROTO_DST_PORT:
                    to = attributes.UInt16BigEndian();
                    break;
                case NfConntrack.CTA_PROTO_ICMP_TYPE or NfConntrack.CTA_PROTO_ICMPV6_TYPE:
                    to = (ushort)((attributes.Byte() << 8) | (to & 0xff));
                    break;
                case NfConntrack.CTA_PROTO_ICMP_CODE or NfConntrack.CTA_PROTO_ICMPV6_CODE:
                    to = (ushort)((to & 0xff00) | attributes.Byte());
                    break;
            }
        }
    }

    /// <summary>«udp 10.0.0.1:1000 -> 10.96.0.10:53».</summary>
    public override string ToString() => $"{Protocol.ToString().ToLowerInvariant()} {End(Source, SourcePort)} -> {End(Destination, DestinationPort)}";

    private static string End(IpAddress address, ushort port) => address.IsV6 ? $"[{address}]:{port}" : $"{address}:{port}";
}
