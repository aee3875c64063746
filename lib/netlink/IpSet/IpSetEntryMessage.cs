using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.IpSet;

/// <summary>An entry on the wire: the attributes inside IPSET_ATTR_DATA (linux/netfilter/ipset/ip_set.h).</summary>
internal static class IpSetEntryMessage
{
    /// <summary>Writes the attributes that a set of the type has.</summary>
    public static void Encode(ref NetlinkWriter writer, IpSetType type, in IpSetEntry entry)
    {
        if (type.HasAddress())
        {
            EncodeAddress(ref writer, IpSetNumbers.IPSET_ATTR_IP, entry.Address.Address);
            if (type is IpSetType.HashNet or IpSetType.HashNetPort)
            {
                writer.Byte(IpSetNumbers.IPSET_ATTR_CIDR, entry.Address.Length);
            }
        }

        if (type.HasPort())
        {
            writer.UInt16BigEndian(IpSetNumbers.IPSET_ATTR_PORT | IpSetNumbers.NLA_F_NET_BYTEORDER, entry.Port);
            if (type.HasProtocol())
            {
                writer.Byte(IpSetNumbers.IPSET_ATTR_PROTO, (byte)entry.Protocol);
            }
        }

        if (type.HasSecond())
        {
            EncodeAddress(ref writer, IpSetNumbers.IPSET_ATTR_IP2, entry.Second.Address);
            if (type == IpSetType.HashIpPortNet)
            {
                writer.Byte(IpSetNumbers.IPSET_ATTR_CIDR2, entry.Second.Length);
            }
        }
    }

    /// <summary>Reads the attributes of one entry.</summary>
    public static IpSetEntry Decode(AttributeReader attributes, IpSetType type)
    {
        IpAddress first = default, second = default;
        byte? firstLength = null, secondLength = null;
        IpProtocol protocol = 0;
        ushort port = 0;
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpSetNumbers.IPSET_ATTR_IP:
                    first = DecodeAddress(attributes.Nested());
                    break;
                case IpSetNumbers.IPSET_ATTR_CIDR:
                    firstLength = attributes.Byte();
                    break;
                case IpSetNumbers.IPSET_ATTR_PORT:
                    port = attributes.UInt16BigEndian();
                    break;
                case IpSetNumbers.IPSET_ATTR_PROTO when type.HasProtocol():
                    protocol = (IpProtocol)attributes.Byte();
                    break;
                case IpSetNumbers.IPSET_ATTR_IP2:
                    second = DecodeAddress(attributes.Nested());
                    break;
                case IpSetNumbers.IPSET_ATTR_CIDR2:
                    secondLength = attributes.Byte();
                    break;
            }
        }

        return new() { Address = Prefix(first, firstLength, attributes.Offset), Protocol = protocol, Port = port, Second = Prefix(second, secondLength, attributes.Offset) };
    }

    private static IpPrefix Prefix(IpAddress address, byte? length, int offset)
    {
        if (address.IsNone)
        {
            return default;
        }

        return length is null ? IpPrefix.Host(address)
            : length <= address.Bits ? new(address, length.Value)
            : throw new NetlinkProtocolException($"a prefix length of {length}", offset);
    }

    private static void EncodeAddress(ref NetlinkWriter writer, int type, IpAddress address)
    {
        var nest = writer.BeginNested(type);
        writer.Address((address.IsV6 ? IpSetNumbers.IPSET_ATTR_IPADDR_IPV6 : IpSetNumbers.IPSET_ATTR_IPADDR_IPV4) | IpSetNumbers.NLA_F_NET_BYTEORDER, address);
        writer.EndNested(nest);
    }

    private static IpAddress DecodeAddress(AttributeReader attributes)
    {
        while (attributes.Read())
        {
            if (attributes.Type is IpSetNumbers.IPSET_ATTR_IPADDR_IPV4 or IpSetNumbers.IPSET_ATTR_IPADDR_IPV6)
            {
                return attributes.Address();
            }
        }

        return default;
    }
}
