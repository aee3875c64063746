using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Ipvs;

/// <summary>What the kernel says of its IPVS (IPVS_CMD_GET_INFO).</summary>
/// <param name="Version">Its version, such as 1.2.1.</param>
/// <param name="ConnectionTableSize">The slots of the connection table.</param>
public sealed record IpvsInfo(string Version, uint ConnectionTableSize)
{
    internal static bool TryDecode(in NetlinkMessage message, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out IpvsInfo info)
    {
        uint version = 0, size = 0;
        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpVs.IPVS_INFO_ATTR_VERSION:
                    version = attributes.UInt32();
                    break;
                case IpVs.IPVS_INFO_ATTR_CONN_TAB_SIZE:
                    size = attributes.UInt32();
                    break;
            }
        }

        // NVERSION: a byte for each of the three parts.
        info = new($"{(version >> 16) & 0xff}.{(version >> 8) & 0xff}.{version & 0xff}", size);
        return GenericHeader.CommandOf(message) == IpVs.IPVS_CMD_SET_INFO;
    }
}
