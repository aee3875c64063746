using System.Diagnostics.Metrics;

namespace Podwire.CniCalico.Agent;

/// <summary>What /metrics tells.</summary>
internal sealed class CalicoMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "podwire.calico";

    private readonly Meter meter = new(MeterName);
    private readonly Counter<long> changes;
    private readonly Histogram<double> duration;
    private int blocks;
    private int borrowed;
    private int refused;

    public CalicoMetrics()
    {
        changes = meter.CreateCounter<long>("podwire_calico_kernel_changes_total", description: "Kernel objects added, corrected or removed.");
        duration = meter.CreateHistogram<double>("podwire_calico_sync_duration_seconds", description: "Time of one comparison with the kernel, changes included.");
        meter.CreateObservableGauge("podwire_calico_blocks", () => blocks, description: "Blocks of this node.");
        meter.CreateObservableGauge("podwire_calico_borrowed_addresses", () => borrowed, description: "Addresses of this node in others' blocks.");
        meter.CreateObservableGauge("podwire_calico_refused_objects", () => refused, description: "Objects that make no sense; the log says why.");
    }

    /// <summary>One run of the loop that went well.</summary>
    public void Synced(int ownBlocks, int lent, int problems, int changed, TimeSpan took)
    {
        (blocks, borrowed, refused) = (ownBlocks, lent, problems);
        changes.Add(changed);
        duration.Record(took.TotalSeconds);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
