using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset.Ipvs;

namespace Podwire.Netlink.Ipvs;

/// <summary>Virtual services on the wire: IPVS_CMD_ATTR_SERVICE (linux/ip_vs.h; net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_genl_parse_service).</summary>
internal static class IpvsServiceMessage
{
    /// <summary>NEW_SERVICE or SET_SERVICE, with all that describes it.</summary>
    public static void Encode(ref NetlinkWriter writer, ushort family, byte command, IpvsService service)
    {
        Begin(ref writer, family, command);
        var nest = writer.BeginNested(IpVs.IPVS_CMD_ATTR_SERVICE);
        EncodeKey(ref writer, service.Key);
        writer.String(IpVs.IPVS_SVC_ATTR_SCHED_NAME, service.Scheduler);
        // Flags and the mask of those that are meant: all.
        writer.Struct(IpVs.IPVS_SVC_ATTR_FLAGS, (uint)(service.Flags & ~IpvsServiceFlags.Hashed) | ((ulong)uint.MaxValue << 32));
        writer.UInt32(IpVs.IPVS_SVC_ATTR_TIMEOUT, service.PersistenceSeconds);
        // Each client by itself: a mask of all bits for IPv4, a prefix length for IPv6.
        writer.UInt32(IpVs.IPVS_SVC_ATTR_NETMASK, service.Key.Address.IsV6 ? 128u : uint.MaxValue);
        writer.EndNested(nest);
        writer.EndMessage();
    }

    /// <summary>DEL_SERVICE.</summary>
    public static void EncodeDelete(ref NetlinkWriter writer, ushort family, IpvsServiceKey key) => EncodeWithKey(ref writer, family, IpVs.IPVS_CMD_DEL_SERVICE, key, NetlinkFlags.None);

    /// <summary>GET_SERVICE of all.</summary>
    public static void EncodeDump(ref NetlinkWriter writer, ushort family)
    {
        Begin(ref writer, family, IpVs.IPVS_CMD_GET_SERVICE, NetlinkFlags.Dump);
        writer.EndMessage();
    }

    /// <summary>GET_SERVICE of one.</summary>
    public static void EncodeGet(ref NetlinkWriter writer, ushort family, IpvsServiceKey key) => EncodeWithKey(ref writer, family, IpVs.IPVS_CMD_GET_SERVICE, key, NetlinkFlags.None);

    /// <summary>A service without its destinations; false for one that goes by firewall mark.</summary>
    public static bool TryDecode(in NetlinkMessage message, [MaybeNullWhen(false)] out IpvsService service)
    {
        service = null;
        if (GenericHeader.CommandOf(message) != IpVs.IPVS_CMD_NEW_SERVICE)
        {
            return false;
        }

        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            if (attributes.Type == IpVs.IPVS_CMD_ATTR_SERVICE)
            {
                return TryDecode(attributes.Nested(), out service);
            }
        }

        return false;
    }

    /// <summary>What the service of a message has counted.</summary>
    public static bool TryDecodeCounters(in NetlinkMessage message, out IpvsCounters counters)
    {
        counters = default;
        if (GenericHeader.CommandOf(message) != IpVs.IPVS_CMD_NEW_SERVICE)
        {
            return false;
        }

        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            if (attributes.Type == IpVs.IPVS_CMD_ATTR_SERVICE)
            {
                var service = attributes.Nested();
                while (service.Read())
                {
                    if (service.Type == IpVs.IPVS_SVC_ATTR_STATS64)
                    {
                        counters = IpvsCounters.Decode(service.Nested());
                    }
                }
            }
        }

        return true;
    }

    /// <summary>Begins a message of the family.</summary>
    public static void Begin(ref NetlinkWriter writer, ushort family, byte command, NetlinkFlags flags = NetlinkFlags.None)
    {
        writer.BeginMessage(family, flags);
        writer.Header(new GenericHeader(command, IpVs.IPVS_GENL_VERSION));
    }

    /// <summary>The attributes that name a service.</summary>
    public static void EncodeKey(ref NetlinkWriter writer, IpvsServiceKey key)
    {
        writer.UInt16(IpVs.IPVS_SVC_ATTR_AF, (ushort)key.Address.Family);
        writer.UInt16(IpVs.IPVS_SVC_ATTR_PROTOCOL, (ushort)key.Protocol);
        EncodeAddress(ref writer, IpVs.IPVS_SVC_ATTR_ADDR, key.Address);
        writer.UInt16BigEndian(IpVs.IPVS_SVC_ATTR_PORT, key.Port);
    }

    /// <summary>An address in <c>union nf_inet_addr</c>: always 16 bytes, those behind an IPv4 address zero.</summary>
    public static void EncodeAddress(ref NetlinkWriter writer, int type, IpAddress address)
    {
        Span<byte> bytes = stackalloc byte[IpVs.AddressLength];
        bytes.Clear();
        address.WriteTo(bytes);
        writer.Bytes(type, bytes);
    }

    /// <summary>The address of a union, of a family.</summary>
    public static IpAddress DecodeAddress(in AttributeReader attribute, IpFamily family) => IpAddress.FromBytes(attribute.AtLeast(family == IpFamily.V6 ? 16 : 4));

    private static void EncodeWithKey(ref NetlinkWriter writer, ushort family, byte command, IpvsServiceKey key, NetlinkFlags flags)
    {
        Begin(ref writer, family, command, flags);
        var nest = writer.BeginNested(IpVs.IPVS_CMD_ATTR_SERVICE);
        EncodeKey(ref writer, key);
        writer.EndNested(nest);
        writer.EndMessage();
    }

    private static bool TryDecode(AttributeReader attributes, [MaybeNullWhen(false)] out IpvsService service)
    {
        service = null;
        ushort family = 0, protocol = 0, port = 0;
        var address = default(AttributeReader);
        var hasAddress = false;
        var scheduler = string.Empty;
        uint flags = 0, timeout = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpVs.IPVS_SVC_ATTR_AF:
                    family = attributes.UInt16();
                    break;
                case IpVs.IPVS_SVC_ATTR_PROTOCOL:
                    protocol = attributes.UInt16();
                    break;
                case IpVs.IPVS_SVC_ATTR_ADDR:
                    address = attributes;
                    hasAddress = true;
                    break;
                case IpVs.IPVS_SVC_ATTR_PORT:
                    port = attributes.UInt16BigEndian();
                    break;
                case IpVs.IPVS_SVC_ATTR_SCHED_NAME:
                    scheduler = attributes.String();
                    break;
                case IpVs.IPVS_SVC_ATTR_FLAGS:
                    flags = MemoryMarshal.Read<uint>(attributes.AtLeast(8));
                    break;
                case IpVs.IPVS_SVC_ATTR_TIMEOUT:
                    timeout = attributes.UInt32();
                    break;
            }
        }

        if (!hasAddress || protocol is 0 or > byte.MaxValue || (IpFamily)family is not (IpFamily.V4 or IpFamily.V6))
        {
            return false;
        }

        var persistent = (flags & (uint)IpvsServiceFlags.Persistent) != 0;
        service = new()
        {
            Key = new((IpProtocol)protocol, DecodeAddress(address, (IpFamily)family), port),
            Scheduler = scheduler,
            Flags = (IpvsServiceFlags)flags & ~IpvsServiceFlags.Hashed,
            // Without persistence the kernel keeps whatever stood there.
            PersistenceSeconds = persistent ? timeout : 0,
        };
        return true;
    }
}
