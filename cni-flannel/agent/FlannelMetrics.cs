using System.Diagnostics.Metrics;

namespace Podwire.CniFlannel.Agent;

/// <summary>What /metrics tells.</summary>
internal sealed class FlannelMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "podwire.flannel";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> changes;
    private readonly Histogram<double> duration;
    private int peers;
    private int refused;

    public FlannelMetrics()
    {
        changes = meter.CreateCounter<long>("podwire_flannel_kernel_changes_total", description: "Kernel objects added, corrected or removed.");
        duration = meter.CreateHistogram<double>("podwire_flannel_sync_duration_seconds", description: "Time of one comparison with the kernel, changes included.");
        meter.CreateObservableGauge("podwire_flannel_peers", () => peers, description: "Other nodes whose pods can be reached.");
        meter.CreateObservableGauge("podwire_flannel_refused_peers", () => refused, description: "Other nodes that are left out; the log says why.");
    }

    /// <summary>One run of the loop that went well.</summary>
    public void Synced(int served, int left, int changed, TimeSpan took)
    {
        (peers, refused) = (served, left);
        changes.Add(changed);
        duration.Record(took.TotalSeconds);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
