using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>The token bucket filter (tc-tbf(8), <c>struct tc_tbf_qopt</c>): packets leave at a rate, with bursts, and wait in a bounded queue.</summary>
/// <param name="Rate">Bytes per second.</param>
/// <param name="Buffer">How long the bucket lasts at this rate, in the scheduler's ticks of 64 ns (linux/pkt_sched.h, PSCHED_SHIFT).</param>
/// <param name="Limit">How many bytes may wait; what comes on top is dropped.</param>
public sealed record TokenBucket(ulong Rate, uint Buffer, uint Limit)
{
    internal const string Kind = "tbf";

    private const double TicksPerMicrosecond = 1000.0 / 64;

    /// <summary>A bucket of <paramref name="burst"/> bytes at a rate; a packet waits no longer than <paramref name="latency"/>.</summary>
    /// <param name="rate">Bytes per second, above 0.</param>
    /// <param name="burst">Bytes, above 0. More than the rate gives in 274 seconds cannot be told to the kernel and is cut to that.</param>
    /// <param name="latency">How long a packet may wait.</param>
    public static TokenBucket Of(ulong rate, uint burst, TimeSpan latency)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rate);
        ArgumentOutOfRangeException.ThrowIfZero(burst);

        // Whole microseconds first: so do tc and the programs that compare what the kernel has with what they asked for.
        var microseconds = Math.Truncate(burst * 1e6 / rate);
        var limit = (rate * latency.TotalSeconds) + burst;
        return new(rate, (uint)Math.Min(microseconds * TicksPerMicrosecond, uint.MaxValue), (uint)Math.Min(limit, uint.MaxValue));
    }

    internal void Encode(ref NetlinkWriter writer)
    {
        writer.Struct(TrafficControl.TCA_TBF_PARMS, new TcTbfQopt
        {
            // With the link layer told, the kernel needs no table of rates (net/sched/sch_tbf.c, tbf_change).
            Rate = new TcRateSpec { LinkLayer = TrafficControl.TC_LINKLAYER_ETHERNET, Rate = (uint)Math.Min(Rate, uint.MaxValue) },
            Limit = Limit,
            Buffer = Buffer,
        });
        if (Rate > uint.MaxValue)
        {
            writer.UInt64(TrafficControl.TCA_TBF_RATE64, Rate);
        }
    }

    internal static TokenBucket Decode(AttributeReader attributes)
    {
        ulong? large = null;
        var options = default(TcTbfQopt);
        while (attributes.Read())
        {
            switch (attributes.Type)
            {
                case TrafficControl.TCA_TBF_PARMS:
                    options = MemoryMarshal.Read<TcTbfQopt>(attributes.AtLeast(TcTbfQopt.Length));
                    break;
                case TrafficControl.TCA_TBF_RATE64:
                    large = attributes.UInt64();
                    break;
            }
        }

        return new(large ?? options.Rate.Rate, options.Buffer, options.Limit);
    }
}
