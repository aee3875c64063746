using Podwire.Netlink.Generic;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Ipvs;

/// <summary>How long idle connections are remembered, in seconds (IPVS_CMD_SET_CONFIG). In a request 0 leaves a value as it is.</summary>
/// <param name="Tcp">Established TCP connections; 900 unless set.</param>
/// <param name="TcpFin">TCP connections after a FIN; 120 unless set.</param>
/// <param name="Udp">UDP; 300 unless set.</param>
public readonly record struct IpvsTimeouts(uint Tcp, uint TcpFin, uint Udp)
{
    internal void Encode(ref NetlinkWriter writer, ushort family)
    {
        IpvsServiceMessage.Begin(ref writer, family, IpVs.IPVS_CMD_SET_CONFIG);
        writer.UInt32(IpVs.IPVS_CMD_ATTR_TIMEOUT_TCP, Tcp);
        writer.UInt32(IpVs.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, TcpFin);
        writer.UInt32(IpVs.IPVS_CMD_ATTR_TIMEOUT_UDP, Udp);
        writer.EndMessage();
    }

    internal static bool TryDecode(in NetlinkMessage message, out IpvsTimeouts timeouts)
    {
        uint tcp = 0, fin = 0, udp = 0;
        var attributes = message.Attributes(GenericHeader.Size);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case IpVs.IPVS_CMD_ATTR_TIMEOUT_TCP:
                    tcp = attributes.UInt32();
                    break;
                case IpVs.IPVS_CMD_ATTR_TIMEOUT_TCP_FIN:
                    fin = attributes.UInt32();
                    break;
                case IpVs.IPVS_CMD_ATTR_TIMEOUT_UDP:
                    udp = attributes.UInt32();
                    break;
            }
        }

        timeouts = new(tcp, fin, udp);
        return GenericHeader.CommandOf(message) == IpVs.IPVS_CMD_SET_CONFIG;
    }
}
