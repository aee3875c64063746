using System.Diagnostics.Metrics;

namespace Podwire.Proxy;

/// <summary>What /metrics shows, under kube-proxy's names (pkg/proxy/metrics in Kubernetes 1.33 lists them).</summary>
internal sealed class ProxyMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Podwire.Proxy";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> sync;
    private readonly Histogram<double> partial;
    private readonly Histogram<double> full;
    private readonly Histogram<double> programming;
    private readonly Histogram<double> flows;
    private readonly Counter<long> flowsRemoved;
    private readonly Counter<long> failures;
    private readonly Counter<long> elements;
    private readonly Counter<long> repairs;
    private readonly Counter<long> healthz;
    private readonly Counter<long> livez;
    private readonly Counter<long> changes;
    private double lastSync;
    private double lastQueued;

    /// <summary>The instruments.</summary>
    /// <param name="pending">How many Services wait to be programmed.</param>
    public ProxyMetrics(Func<int> pending)
    {
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] };
        sync = Duration("kubeproxy_sync_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds", seconds);
        partial = Duration("kubeproxy_sync_partial_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for partial resyncs", seconds);
        full = Duration("kubeproxy_sync_full_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for full resyncs", seconds);
        programming = Duration("kubeproxy_network_programming_duration_seconds", "In Cluster Network Programming Latency in seconds", new() { HistogramBucketBoundaries = [0, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] });
        flows = Duration("kubeproxy_conntrack_reconciler_sync_duration_seconds", "Conntrack reconciler latency in seconds", seconds);
        flowsRemoved = meter.CreateCounter<long>("kubeproxy_conntrack_reconciler_deleted_entries_total", null, "Cumulative conntrack flows deleted by conntrack reconciler");
        failures = meter.CreateCounter<long>("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", null, "Cumulative proxy nftables sync failures");
        elements = meter.CreateCounter<long>("podwire_proxy_elements_total", null, "Map and set elements added to or removed from the kernel");
        repairs = meter.CreateCounter<long>("podwire_proxy_repairs_total", null, "Changes by others that were undone");
        healthz = meter.CreateCounter<long>("kubeproxy_proxy_healthz_total", null, "Cumulative proxy healthz HTTP status");
        livez = meter.CreateCounter<long>("kubeproxy_proxy_livez_total", null, "Cumulative proxy livez HTTP status");
        changes = meter.CreateCounter<long>("kubeproxy_sync_proxy_rules_service_changes_total", null, "Cumulative proxy rules Service changes");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_service_changes_pending", pending, null, "Pending proxy rules Service changes");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", () => lastSync, null, "The last time proxy rules were successfully synced");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", () => lastQueued, null, "The last time a sync of proxy rules was queued");
    }

    /// <summary>A run was asked for.</summary>
    public void Queued(DateTimeOffset now) => Volatile.Write(ref lastQueued, now.ToUnixTimeMilliseconds() / 1000.0);

    /// <summary>A run ended well.</summary>
    public void Synced(DateTimeOffset now, TimeSpan took, int services, int elementCount, bool isFull, TimeSpan? sinceTrigger)
    {
        Volatile.Write(ref lastSync, now.ToUnixTimeMilliseconds() / 1000.0);
        sync.Record(took.TotalSeconds);
        (isFull ? full : partial).Record(took.TotalSeconds);
        changes.Add(services);
        elements.Add(elementCount);
        if (sinceTrigger is { } latency)
        {
            programming.Record(Math.Max(0, latency.TotalSeconds));
        }
    }

    /// <summary>A run failed.</summary>
    public void Failed() => failures.Add(1);

    /// <summary>Others' changes were undone.</summary>
    public void Repaired() => repairs.Add(1);

    /// <summary>Tracked connections were looked at.</summary>
    public void FlowsReconciled(int removed, TimeSpan took)
    {
        flows.Record(took.TotalSeconds);
        flowsRemoved.Add(removed);
    }

    /// <summary>/healthz or /livez answered.</summary>
    public void Answered(bool live, int status) => (live ? livez : healthz).Add(1, new KeyValuePair<string, object?>("code", status));

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private Histogram<double> Duration(string name, string help, InstrumentAdvice<double> advice) => meter.CreateHistogram(name, null, help, tags: null, advice);
}
