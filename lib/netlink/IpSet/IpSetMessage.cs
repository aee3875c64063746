using System.Text;
using Podwire.Netlink.Interop;
using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Netlink.IpSet;

/// <summary>Sets on the wire (linux/netfilter/ipset/ip_set.h).</summary>
internal static class IpSetMessage
{
    /// <summary>The message type of a command.</summary>
    public static ushort Type(int command) => NfGenMessage.Type(command, IpSetNumbers.NFNL_SUBSYS_IPSET);

    /// <summary>Begins a message about a set.</summary>
    public static void Begin(ref NetlinkWriter writer, int command, NetlinkFlags flags, string? name)
    {
        // IPSET_CMD_* go by the set, so the family of the header is of no meaning; ipset(8) too sends AF_INET.
        NfGenMessage.Begin(ref writer, Type(command), flags, (byte)IpFamily.V4);
        writer.Byte(IpSetNumbers.IPSET_ATTR_PROTOCOL, IpSetNumbers.IPSET_PROTOCOL_MIN);
        if (name is not null)
        {
            writer.String(IpSetNumbers.IPSET_ATTR_SETNAME, name);
        }
    }

    /// <summary>CREATE.</summary>
    public static void EncodeCreate(ref NetlinkWriter writer, IpSetSpec spec, byte revision, NetlinkFlags flags)
    {
        Begin(ref writer, IpSetNumbers.IPSET_CMD_CREATE, flags, spec.Name);
        writer.String(IpSetNumbers.IPSET_ATTR_TYPENAME, spec.Type.Name());
        writer.Byte(IpSetNumbers.IPSET_ATTR_REVISION, revision);
        writer.Byte(IpSetNumbers.IPSET_ATTR_FAMILY, (byte)(spec.Type.FamilyOf(spec.Family) ?? 0));
        var data = writer.BeginNested(IpSetNumbers.IPSET_ATTR_DATA);
        if (spec.Type == IpSetType.BitmapPort)
        {
            writer.UInt16BigEndian(IpSetNumbers.IPSET_ATTR_PORT | IpSetNumbers.NLA_F_NET_BYTEORDER, 0);
            writer.UInt16BigEndian(IpSetNumbers.IPSET_ATTR_PORT_TO | IpSetNumbers.NLA_F_NET_BYTEORDER, ushort.MaxValue);
        }
        else
        {
            writer.UInt32BigEndian(IpSetNumbers.IPSET_ATTR_MAXELEM | IpSetNumbers.NLA_F_NET_BYTEORDER, spec.MaxElements);
        }

        writer.EndNested(data);
        writer.EndMessage();
    }

    /// <summary>ADD, DEL or TEST of one entry.</summary>
    public static void EncodeEntry(ref NetlinkWriter writer, int command, IpSetSpec set, in IpSetEntry entry, NetlinkFlags flags)
    {
        Begin(ref writer, command, flags, set.Name);
        var data = writer.BeginNested(IpSetNumbers.IPSET_ATTR_DATA);
        IpSetEntryMessage.Encode(ref writer, set.Type, entry);
        writer.EndNested(data);
        writer.EndMessage();
    }

    /// <summary>RENAME or SWAP.</summary>
    public static void EncodePair(ref NetlinkWriter writer, int command, string from, string to)
    {
        Begin(ref writer, command, NetlinkFlags.None, from);
        writer.String(IpSetNumbers.IPSET_ATTR_SETNAME2, to);
        writer.EndMessage();
    }

    /// <summary>LIST; of all where there is no name.</summary>
    public static void EncodeList(ref NetlinkWriter writer, string? name)
    {
        Begin(ref writer, IpSetNumbers.IPSET_CMD_LIST, NetlinkFlags.Dump, name);
        writer.EndMessage();
    }

    /// <summary>TYPE: which revisions of a type the kernel has.</summary>
    public static void EncodeType(ref NetlinkWriter writer, IpSetType type, IpFamily family)
    {
        Begin(ref writer, IpSetNumbers.IPSET_CMD_TYPE, NetlinkFlags.None, null);
        writer.String(IpSetNumbers.IPSET_ATTR_TYPENAME, type.Name());
        writer.Byte(IpSetNumbers.IPSET_ATTR_FAMILY, (byte)(type.FamilyOf(family) ?? 0));
        writer.EndMessage();
    }

    /// <summary>The newest revision in the answer to <see cref="EncodeType"/>.</summary>
    public static bool TryDecodeRevision(in NetlinkMessage message, out byte revision)
    {
        revision = 0;
        var found = false;
        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            if (attributes.Type == IpSetNumbers.IPSET_ATTR_REVISION)
            {
                (revision, found) = (attributes.Byte(), true);
            }
        }

        return found && message.Type == Type(IpSetNumbers.IPSET_CMD_TYPE);
    }

    /// <summary>A part of a dump: a set's description, entries, or both. Null if it is not one.</summary>
    /// <param name="message">The message.</param>
    /// <param name="typeOf">The type of a set that an earlier part described.</param>
    public static IpSetPart? DecodePart(in NetlinkMessage message, Func<string, IpSetType?> typeOf)
    {
        if (message.Type != Type(IpSetNumbers.IPSET_CMD_LIST))
        {
            return null;
        }

        string? name = null, typeName = null;
        var family = IpFamily.V4;
        uint references = 0, maxElements = 0;
        IpSetType? type = null;
        var entries = new List<IpSetEntry>();
        var attributes = message.Attributes(NfGenMessage.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpSetNumbers.IPSET_ATTR_SETNAME:
                    name = attributes.String();
                    break;
                case IpSetNumbers.IPSET_ATTR_TYPENAME:
                    typeName = attributes.String();
                    type = IpSetTypes.TryParse(typeName, out var known) ? known : null;
                    break;
                case IpSetNumbers.IPSET_ATTR_FAMILY:
                    family = (IpFamily)attributes.Byte() == IpFamily.V6 ? IpFamily.V6 : IpFamily.V4;
                    break;
                case IpSetNumbers.IPSET_ATTR_DATA:
                    ReadHeader(attributes.Nested(), ref references, ref maxElements);
                    break;
                case IpSetNumbers.IPSET_ATTR_ADT:
                    if ((type ?? (name is null ? null : typeOf(name))) is { } entryType)
                    {
                        ReadEntries(attributes.Nested(), entryType, entries);
                    }

                    break;
            }
        }

        if (name is null)
        {
            return null;
        }

        return new(name, type is { } given ? new(name, given, family) { MaxElements = maxElements } : null, references, entries);
    }

    /// <summary>What an error above 4096 means (enum ipset_errno); null for an ordinary one.</summary>
    public static string? Describe(Errno errno) => (int)errno switch
    {
        4097 => "the kernel speaks another protocol version",
        4098 => "the kernel has no such set type",
        4099 => "no room for another set",
        4100 => "the set is in use",
        4101 => "a set of the new name exists",
        4102 => "the sets are of different types",
        4103 => "it is there already, or not there",
        4104 => "a prefix length that the set does not take",
        4106 => "the set is of another family",
        4109 => "the set is in use by rules",
        4352 => "the set is full",
        _ => null,
    };

    /// <summary>The bytes of a name, which must fit.</summary>
    /// <exception cref="ArgumentException">Empty, or longer than 31 bytes.</exception>
    public static void CheckName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > IpSetSpec.MaxNameLength)
        {
            throw new ArgumentException($"the name of an ipset has at most {IpSetSpec.MaxNameLength} bytes: '{name}'", nameof(name));
        }
    }

    private static void ReadHeader(AttributeReader attributes, ref uint references, ref uint maxElements)
    {
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpSetNumbers.IPSET_ATTR_REFERENCES:
                    references = attributes.UInt32BigEndian();
                    break;
                case IpSetNumbers.IPSET_ATTR_MAXELEM:
                    maxElements = attributes.UInt32BigEndian();
                    break;
            }
        }
    }

    private static void ReadEntries(AttributeReader list, IpSetType type, List<IpSetEntry> entries)
    {
        while (list.Read())
        {
            if (list.Type == IpSetNumbers.IPSET_ATTR_DATA)
            {
                entries.Add(IpSetEntryMessage.Decode(list.Nested(), type));
            }
        }
    }
}
