using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Generic;

/// <summary>A generic netlink family as the kernel's controller describes it (CTRL_CMD_NEWFAMILY, linux/genetlink.h).</summary>
/// <param name="Name">Its name, such as <c>IPVS</c>.</param>
/// <param name="Id">The message type of its messages, given by the kernel at registration.</param>
/// <param name="Version">The version of its interface.</param>
public sealed record GenericFamily(string Name, ushort Id, uint Version)
{
    /// <summary>Its multicast groups by name; the number is for <see cref="NetlinkSocket.Join"/>.</summary>
    public IReadOnlyDictionary<string, uint> Groups { get; init; } = new Dictionary<string, uint>();

    internal static void EncodeGet(ref NetlinkWriter writer, string? name)
    {
        writer.BeginMessage(GenetLink.GENL_ID_CTRL, name is null ? NetlinkFlags.Dump : NetlinkFlags.None);
        writer.Header(new GenericHeader(GenetLink.CTRL_CMD_GETFAMILY, GenetLink.CTRL_VERSION));
        if (name is not null)
        {
            writer.String(GenetLink.CTRL_ATTR_FAMILY_NAME, name);
        }

        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out GenericFamily family)
    {
        family = null;
        if (message.Type != GenetLink.GENL_ID_CTRL || GenericHeader.CommandOf(message) != GenetLink.CTRL_CMD_NEWFAMILY)
        {
            return false;
        }

        string? name = null;
        ushort id = 0;
        uint version = 0;
        var groups = new Dictionary<string, uint>(StringComparer.Ordinal);
        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case GenetLink.CTRL_ATTR_FAMILY_NAME:
                    name = attributes.String();
                    break;
                case GenetLink.CTRL_ATTR_FAMILY_ID:
                    id = attributes.UInt16();
                    break;
                case GenetLink.CTRL_ATTR_VERSION:
                    version = attributes.UInt32();
                    break;
                case GenetLink.CTRL_ATTR_MCAST_GROUPS:
                    ReadGroups(attributes.Nested(), groups);
                    break;
            }
        }

        if (name is null || id == 0)
        {
            return false;
        }

        family = new(name, id, version) { Groups = groups };
        return true;
    }

    private static void ReadGroups(AttributeReader list, Dictionary<string, uint> groups)
    {
        while (list.Read())
        {
            string? name = null;
            uint id = 0;
            var group = list.Nested();
            while (group.Read())
            {
                switch (group.Type)
                {
                    case GenetLink.CTRL_ATTR_MCAST_GRP_NAME:
                        name = group.String();
                        break;
                    case GenetLink.CTRL_ATTR_MCAST_GRP_ID:
                        id = group.UInt32();
                        break;
                }
            }

            if (name is not null)
            {
                groups[name] = id;
            }
        }
    }
}
