using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>What has passed a queueing discipline (TCA_STATS2, linux/gen_stats.h).</summary>
/// <param name="Bytes">Bytes that passed, Ethernet headers included.</param>
/// <param name="Packets">Packets that passed.</param>
/// <param name="Drops">Packets dropped for want of room.</param>
/// <param name="Overlimits">How often packets had to wait.</param>
public readonly record struct QdiscCounters(ulong Bytes, uint Packets, uint Drops, uint Overlimits)
{
    private const int BasicLength = 12;
    private const int QueueLength = 20;
    private const int DropsOffset = 8;
    private const int OverlimitsOffset = 16;

    internal static QdiscCounters Decode(AttributeReader attributes)
    {
        var counters = default(QdiscCounters);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case TrafficControl.TCA_STATS_BASIC:
                    var basic = attributes.AtLeast(BasicLength);
                    counters = counters with { Bytes = MemoryMarshal.Read<ulong>(basic), Packets = MemoryMarshal.Read<uint>(basic[8..]) };
                    break;
                case TrafficControl.TCA_STATS_QUEUE:
                    var queue = attributes.AtLeast(QueueLength);
                    counters = counters with
                    {
                        Drops = MemoryMarshal.Read<uint>(queue[DropsOffset..]),
                        Overlimits = MemoryMarshal.Read<uint>(queue[OverlimitsOffset..]),
                    };
                    break;
            }
        }

        return counters;
    }
}
