using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Ipvs;

/// <summary>Destinations on the wire: IPVS_CMD_ATTR_DEST beside the service that they belong to (linux/ip_vs.h; ip_vs_ctl.c, ip_vs_genl_parse_dest).</summary>
internal static class IpvsDestinationMessage
{
    /// <summary>NEW_DEST, SET_DEST or DEL_DEST.</summary>
    public static void Encode(ref NetlinkWriter writer, ushort family, byte command, IpvsServiceKey service, IpvsDestination destination)
    {
        IpvsServiceMessage.Begin(ref writer, family, command);
        var nest = writer.BeginNested(IpVs.IPVS_CMD_ATTR_SERVICE);
        IpvsServiceMessage.EncodeKey(ref writer, service);
        writer.EndNested(nest);
        nest = writer.BeginNested(IpVs.IPVS_CMD_ATTR_DEST);
        IpvsServiceMessage.EncodeAddress(ref writer, IpVs.IPVS_DEST_ATTR_ADDR, destination.Address);
        writer.UInt16BigEndian(IpVs.IPVS_DEST_ATTR_PORT, destination.Port);
        writer.UInt16(IpVs.IPVS_DEST_ATTR_ADDR_FAMILY, (ushort)destination.Address.Family);
        if (command != IpVs.IPVS_CMD_DEL_DEST)
        {
            writer.UInt32(IpVs.IPVS_DEST_ATTR_FWD_METHOD, IpVs.IP_VS_CONN_F_MASQ);
            writer.Int32(IpVs.IPVS_DEST_ATTR_WEIGHT, destination.Weight);
            // No limits on the number of connections.
            writer.UInt32(IpVs.IPVS_DEST_ATTR_U_THRESH, 0);
            writer.UInt32(IpVs.IPVS_DEST_ATTR_L_THRESH, 0);
        }

        writer.EndNested(nest);
        writer.EndMessage();
    }

    /// <summary>GET_DEST of all destinations of a service.</summary>
    public static void EncodeDump(ref NetlinkWriter writer, ushort family, IpvsServiceKey service)
    {
        IpvsServiceMessage.Begin(ref writer, family, IpVs.IPVS_CMD_GET_DEST, NetlinkFlags.Dump);
        var nest = writer.BeginNested(IpVs.IPVS_CMD_ATTR_SERVICE);
        IpvsServiceMessage.EncodeKey(ref writer, service);
        writer.EndNested(nest);
        writer.EndMessage();
    }

    /// <summary>A destination with its connections.</summary>
    /// <param name="message">The message.</param>
    /// <param name="family">The service's family, for kernels that do not tell the destination's (before 3.18).</param>
    /// <param name="status">What it says.</param>
    public static bool TryDecode(in NetlinkMessage message, IpFamily family, out IpvsDestinationStatus status)
    {
        status = default;
        if (GenericHeader.CommandOf(message) != IpVs.IPVS_CMD_NEW_DEST)
        {
            return false;
        }

        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            if (attributes.Type == IpVs.IPVS_CMD_ATTR_DEST)
            {
                return TryDecode(attributes.Nested(), family, out status);
            }
        }

        return false;
    }

    private static bool TryDecode(AttributeReader attributes, IpFamily family, out IpvsDestinationStatus status)
    {
        status = default;
        var address = default(AttributeReader);
        var hasAddress = false;
        ushort port = 0;
        var weight = 0;
        uint method = 0, active = 0, inactive = 0, persistent = 0;
        var counters = default(IpvsCounters);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpVs.IPVS_DEST_ATTR_ADDR:
                    address = attributes;
                    hasAddress = true;
                    break;
                case IpVs.IPVS_DEST_ATTR_PORT:
                    port = attributes.UInt16BigEndian();
                    break;
                case IpVs.IPVS_DEST_ATTR_FWD_METHOD:
                    method = attributes.UInt32() & IpVs.IP_VS_CONN_F_FWD_MASK;
                    break;
                case IpVs.IPVS_DEST_ATTR_WEIGHT:
                    weight = attributes.Int32();
                    break;
                case IpVs.IPVS_DEST_ATTR_ACTIVE_CONNS:
                    active = attributes.UInt32();
                    break;
                case IpVs.IPVS_DEST_ATTR_INACT_CONNS:
                    inactive = attributes.UInt32();
                    break;
                case IpVs.IPVS_DEST_ATTR_PERSIST_CONNS:
                    persistent = attributes.UInt32();
                    break;
                case IpVs.IPVS_DEST_ATTR_STATS64:
                    counters = IpvsCounters.Decode(attributes.Nested());
                    break;
                case IpVs.IPVS_DEST_ATTR_ADDR_FAMILY when (IpFamily)attributes.UInt16() is IpFamily.V4 or IpFamily.V6:
                    family = (IpFamily)attributes.UInt16();
                    break;
            }
        }

        if (!hasAddress)
        {
            return false;
        }

        status = new(new(IpvsServiceMessage.DecodeAddress(address, family), port, weight), active, inactive, persistent) { IsTranslated = method == IpVs.IP_VS_CONN_F_MASQ, Counters = counters };
        return true;
    }
}
