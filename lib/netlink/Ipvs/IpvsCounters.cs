using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Ipvs;

/// <summary>What a virtual service or a destination has counted since it was made (linux/ip_vs.h, IPVS_*_ATTR_STATS64; kernels from 4.1 on).</summary>
/// <param name="Connections">Connections that were directed.</param>
/// <param name="PacketsIn">Packets of clients.</param>
/// <param name="PacketsOut">Packets of answers.</param>
/// <param name="BytesIn">Bytes of clients.</param>
/// <param name="BytesOut">Bytes of answers.</param>
public readonly record struct IpvsCounters(ulong Connections, ulong PacketsIn, ulong PacketsOut, ulong BytesIn, ulong BytesOut)
{
    internal static IpvsCounters Decode(AttributeReader attributes)
    {
        var counters = default(IpvsCounters);
        while (attributes.Read())
        {
            counters = attributes.Type switch
            {
                IpVs.IPVS_STATS_ATTR_CONNS => counters with { Connections = attributes.UInt64() },
                IpVs.IPVS_STATS_ATTR_INPKTS => counters with { PacketsIn = attributes.UInt64() },
                IpVs.IPVS_STATS_ATTR_OUTPKTS => counters with { PacketsOut = attributes.UInt64() },
                IpVs.IPVS_STATS_ATTR_INBYTES => counters with { BytesIn = attributes.UInt64() },
                IpVs.IPVS_STATS_ATTR_OUTBYTES => counters with { BytesOut = attributes.UInt64() },
                _ => counters,
            };
        }

        return counters;
    }
}
