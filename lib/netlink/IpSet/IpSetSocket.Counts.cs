using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.IpSet;

/// <summary>How many entries sets have, without the entries.</summary>
public sealed partial class IpSetSocket
{
    /// <summary>Every set, of whatever type, with the number of its entries and of its users. One dump of the sets' headers.</summary>
    public List<(string Name, uint Elements, uint References)> Count()
    {
        var writer = new NetlinkWriter(stackalloc byte[128]);
        IpSetMessage.Begin(ref writer, IpSetNumbers.IPSET_CMD_LIST, NetlinkFlags.Dump, null);
        writer.UInt32BigEndian(IpSetNumbers.IPSET_ATTR_FLAGS | IpSetNumbers.NLA_F_NET_BYTEORDER, IpSetNumbers.IPSET_FLAG_LIST_HEADER);
        writer.EndMessage();
        return socket.Dump<(string, uint, uint)>(writer.Written, "count ipsets", static (in NetlinkMessage message, [MaybeNullWhen(false)] out (string Name, uint Elements, uint References) counted) =>
        {
            counted = (string.Empty, 0, 0);
            var attributes = message.Attributes(NfGenMessage.Size);
            while (attributes.Read())
            {
                if (attributes.Type == IpSetNumbers.IPSET_ATTR_SETNAME)
                {
                    counted.Name = attributes.String();
                }
                else if (attributes.Type == IpSetNumbers.IPSET_ATTR_DATA)
                {
                    var header = attributes.Nested();
                    while (header.Read())
                    {
                        counted.Elements = header.Type == IpSetNumbers.IPSET_ATTR_ELEMENTS ? header.UInt32BigEndian() : counted.Elements;
                        counted.References = header.Type == IpSetNumbers.IPSET_ATTR_REFERENCES ? header.UInt32BigEndian() : counted.References;
                    }
                }
            }

            return counted.Name.Length > 0;
        });
    }
}
