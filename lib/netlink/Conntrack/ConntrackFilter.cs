using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Conntrack;

/// <summary>Which flows a dump is to give, by their original direction. What is null is not looked at. The kernel (5.8 and later) does the filtering.</summary>
/// <param name="Family">The family of the addresses.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Destination">The address that was connected to; of <paramref name="Family"/>.</param>
/// <param name="DestinationPort">The port that was connected to; needs <paramref name="Protocol"/>.</param>
public sealed record ConntrackFilter(IpFamily Family, IpProtocol? Protocol = null, IpAddress? Destination = null, ushort? DestinationPort = null)
{
    internal void Write(ref NetlinkWriter writer)
    {
        uint flags = 0;
        if (Protocol is null && Destination is null)
        {
            return;
        }

        var tuple = writer.BeginNested(NfConntrack.CTA_TUPLE_ORIG);
        if (Destination is { } address)
        {
            flags |= NfConntrack.CTA_FILTER_F_CTA_IP_DST;
            var ip = writer.BeginNested(NfConntrack.CTA_TUPLE_IP);
            writer.Address(address.IsV4 ? NfConntrack.CTA_IP_V4_DST : NfConntrack.CTA_IP_V6_DST, address);
            writer.EndNested(ip);
        }

        if (Protocol is { } protocol)
        {
            flags |= NfConntrack.CTA_FILTER_F_CTA_PROTO_NUM;
            var proto = writer.BeginNested(NfConntrack.CTA_TUPLE_PROTO);
            writer.Byte(NfConntrack.CTA_PROTO_NUM, (byte)protocol);
            if (DestinationPort is { } port)
            {
                flags |= NfConntrack.CTA_FILTER_F_CTA_PROTO_DST_PORT;
                writer.UInt16BigEndian(NfConntrack.CTA_PROTO_DST_PORT, port);
            }

            writer.EndNested(proto);
        }

        writer.EndNested(tuple);
        var filter = writer.BeginNested(NfConntrack.CTA_FILTER);
        writer.UInt32(NfConntrack.CTA_FILTER_ORIG_FLAGS, flags);
        writer.UInt32(NfConntrack.CTA_FILTER_REPLY_FLAGS, 0);
        writer.EndNested(filter);
    }

    /// <summary>What the kernel was asked for, judged here: a kernel before 5.8 gives all.</summary>
    internal bool Matches(in ConntrackTuple original) =>
        original.Source.Family == Family
        && (Protocol is not { } protocol || original.Protocol == protocol)
        && (Destination is not { } address || original.Destination == address)
        && (DestinationPort is not { } port || original.DestinationPort == port);
}
