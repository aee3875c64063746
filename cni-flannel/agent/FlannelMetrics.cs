using System.Diagnostics.Metrics;
using Podwire.CniFlannel.Agent.Udp;

namespace Podwire.CniFlannel.Agent;

/// <summary>What /metrics tells.</summary>
internal sealed class FlannelMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "podwire.flannel";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> changes;
    private readonly Histogram<double> duration;
    private readonly Gauge<double> first;
    private Func<UdpForwarder?> forwarder = static () => null;
    private bool wasFirst;
    private int peers;
    private int refused;

    public FlannelMetrics()
    {
        changes = meter.CreateCounter<long>("podwire_flannel_kernel_changes_total", description: "Kernel objects added, corrected or removed.");
        duration = meter.CreateHistogram<double>("podwire_flannel_sync_duration_seconds", description: "Time of one comparison with the kernel, changes included.");
        meter.CreateObservableGauge("podwire_flannel_peers", () => peers, description: "Other nodes whose pods can be reached.");
        meter.CreateObservableGauge("podwire_flannel_refused_peers", () => refused, description: "Other nodes that are left out; the log says why.");
        first = meter.CreateGauge<double>("podwire_flannel_first_programming_seconds", description: "Time from the desired state to all of it in the kernel and read back, the first time.");
        meter.CreateObservableCounter("podwire_flannel_udp_packets_total", () => Carried(static counters => counters.Packets), description: "Inner packets that the udp back end carried.");
        meter.CreateObservableCounter("podwire_flannel_udp_bytes_total", () => Carried(static counters => counters.Bytes), description: "Their bytes.");
        meter.CreateObservableCounter("podwire_flannel_udp_dropped_packets_total", Dropped, description: "Packets that the udp back end did not carry.");
    }

    /// <summary>Whose packets are counted; null while the back end is another.</summary>
    public void Watch(Func<UdpForwarder?> source) => forwarder = source;

    /// <summary>Links, routes, neighbours and FDB entries were brought to what they shall be; the first time is kept.</summary>
    public void Programmed(TimeSpan took)
    {
        if (!wasFirst)
        {
            wasFirst = true;
            first.Record(took.TotalSeconds);
        }
    }

    /// <summary>Kernel objects changed beside the nodes' own.</summary>
    public void Changed(int count) => changes.Add(count);

    /// <summary>One run of the loop that went well.</summary>
    public void Synced(int served, int left, int changed, TimeSpan took)
    {
        (peers, refused) = (served, left);
        changes.Add(changed);
        duration.Record(took.TotalSeconds);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private IEnumerable<Measurement<long>> Carried(Func<ForwardCounters, long> count) => forwarder() is { } working
        ? [new(count(working.Outbound), Tag("direction", "out")), new(count(working.Inbound), Tag("direction", "in"))]
        : [];

    private IEnumerable<Measurement<long>> Dropped() => forwarder() is { } working
        ? [
            new(working.Outbound.Unreachable, Tag("reason", "unreachable")),
            new(working.Outbound.Expired + working.Inbound.Expired, Tag("reason", "expired")),
            new(working.Outbound.Malformed + working.Inbound.Malformed, Tag("reason", "malformed")),
            new(working.Outbound.Refused + working.Inbound.Refused, Tag("reason", "refused")),
        ]
        : [];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
