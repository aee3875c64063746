using System.Diagnostics.Metrics;
using Podwire.Iptables;
using Podwire.Primitives;
using Podwire.Proxy.Apply;
using Podwire.Proxy.Apply.Iptables;
using Podwire.Proxy.Compile.Iptables;
using Podwire.Proxy.Config;
using Podwire.Proxy.State;

namespace Podwire.Proxy;

/// <summary>What /metrics shows, under kube-proxy's names (pkg/proxy/metrics in Kubernetes 1.33 lists them).</summary>
internal sealed class ProxyMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Podwire.Proxy";

    private const string RestoreFailures = "kubeproxy_sync_proxy_rules_iptables_restore_failures_total";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> sync;
    private readonly Histogram<double> partial;
    private readonly Histogram<double> full;
    private readonly Histogram<double> programming;
    private readonly Histogram<double> flows;
    private readonly Counter<long> flowsRemoved;
    private readonly long[] failures = new long[2];
    private readonly long[] restoreFailures = new long[2];
    private readonly long[] partialFailures = new long[2];
    private readonly Counter<long> elements;
    private readonly Counter<long> repairs;
    private readonly Counter<long> healthz;
    private readonly Counter<long> livez;
    private readonly Counter<long> changes;
    private readonly Counter<long> endpointChanges;
    private readonly double[] lastSync = new double[2];
    private readonly int[] noLocal = new int[4];
    private readonly IptablesRuleCounts[] rulesTotal = new IptablesRuleCounts[2];
    private readonly IptablesRuleCounts[] rulesLast = new IptablesRuleCounts[2];
    private readonly Lock rules = new();
    private double lastQueued;

    /// <summary>The instruments.</summary>
    /// <param name="mode">The mode: those of the others are not shown, as by kube-proxy.</param>
    /// <param name="pending">Of how many Services the object, and of how many the endpoints wait to be programmed.</param>
    public ProxyMetrics(ProxyMode mode, Func<(int Services, int Endpoints)> pending)
    {
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] };
        sync = Duration("kubeproxy_sync_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds", seconds);
        partial = Duration("kubeproxy_sync_partial_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for partial resyncs", seconds);
        full = Duration("kubeproxy_sync_full_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds for full resyncs", seconds);
        programming = Duration("kubeproxy_network_programming_duration_seconds", "In Cluster Network Programming Latency in seconds", new() { HistogramBucketBoundaries = [0, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] });
        flows = Duration("kubeproxy_conntrack_reconciler_sync_duration_seconds", "Conntrack reconciler latency in seconds", seconds);
        flowsRemoved = Count("kubeproxy_conntrack_reconciler_deleted_entries_total", "Cumulative conntrack flows deleted by conntrack reconciler");
        // Counted here and looked at there, so that what never happened is shown as 0 and a rate over it can be asked for.
        Count("podwire_proxy_sync_failures_total", "Runs that a family was refused in, whatever the mode", failures);
        switch (mode)
        {
            case ProxyMode.Nftables:
                Count("kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Cumulative proxy nftables sync failures", failures);
                break;
            case ProxyMode.Iptables:
                Count(RestoreFailures, "Cumulative proxy iptables restore failures", restoreFailures);
                Count("kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total", "Cumulative proxy iptables partial restore failures", partialFailures);
                meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_iptables_total", () => Rules(rulesTotal), null, "Total number of iptables rules owned by kube-proxy");
                meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_iptables_last", () => Rules(rulesLast), null, "Number of iptables rules written by kube-proxy in last sync");
                break;
            case ProxyMode.Ipvs:
                Count(RestoreFailures, "Cumulative proxy iptables restore failures", restoreFailures);
                break;
        }

        elements = Count("podwire_proxy_elements_total", "Map and set elements added to or removed from the kernel");
        repairs = Count("podwire_proxy_repairs_total", "Changes by others that were undone");
        healthz = Count("kubeproxy_proxy_healthz_total", "Cumulative proxy healthz HTTP status");
        livez = Count("kubeproxy_proxy_livez_total", "Cumulative proxy livez HTTP status");
        changes = Count("kubeproxy_sync_proxy_rules_service_changes_total", "Cumulative proxy rules Service changes");
        endpointChanges = Count("kubeproxy_sync_proxy_rules_endpoint_changes_total", "Cumulative proxy rules Endpoint changes");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_service_changes_pending", () => pending().Services, null, "Pending proxy rules Service changes");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_endpoint_changes_pending", () => pending().Endpoints, null, "Pending proxy rules Endpoint changes");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", () => Families.Select(family => new Measurement<double>(Volatile.Read(ref lastSync[IndexOf(family)]), Label(family))), null, "The last time proxy rules were successfully synced");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", () => Families.Select(family => new Measurement<double>(Volatile.Read(ref lastQueued), Label(family))), null, "The last time a sync of proxy rules was queued");
        meter.CreateObservableGauge("kubeproxy_sync_proxy_rules_no_local_endpoints_total", NoLocal, null, "Number of services with a Local traffic policy and no endpoints");
    }

    /// <summary>A run was asked for.</summary>
    public void Queued(DateTimeOffset now) => Volatile.Write(ref lastQueued, now.ToUnixTimeMilliseconds() / 1000.0);

    /// <summary>A run ended well.</summary>
    public void Synced(DateTimeOffset now, TimeSpan took, ProxySnapshot? snapshot, IReadOnlyList<SyncOutcome> outcomes)
    {
        changes.Add(snapshot?.ServiceChanges ?? 0);
        endpointChanges.Add(snapshot?.EndpointChanges ?? 0);
        for (var i = 0; i < outcomes.Count; i++)
        {
            var outcome = outcomes[i];
            var family = outcome.Family != 0 ? outcome.Family : i == 0 ? IpFamily.V4 : IpFamily.V6;
            var label = Label(family);
            var duration = outcome.Took > TimeSpan.Zero ? outcome.Took : took;
            Volatile.Write(ref lastSync[IndexOf(family)], now.ToUnixTimeMilliseconds() / 1000.0);
            Volatile.Write(ref noLocal[IndexOf(family)], outcome.NoLocalInternal);
            Volatile.Write(ref noLocal[2 + IndexOf(family)], outcome.NoLocalExternal);
            sync.Record(duration.TotalSeconds, label);
            (outcome.FlowFrontends is null ? full : partial).Record(duration.TotalSeconds, label);
            elements.Add(outcome.Elements, label);
            SetRules(family, outcome);
            if (snapshot?.TriggeredAt is { } triggered)
            {
                programming.Record(Math.Max(0, (now - triggered).TotalSeconds), label);
            }
        }
    }

    /// <summary>A run failed.</summary>
    public void Failed(Exception why)
    {
        foreach (var failure in why is SyncException sync ? sync.Failures : [new(IpFamily.V4, false, why)])
        {
            var index = IndexOf(failure.Family);
            Interlocked.Increment(ref failures[index]);
            if (failure.Reason is IptablesException)
            {
                // As kube-proxy counts: one of changed chains alone is among all of them too.
                Interlocked.Increment(ref restoreFailures[index]);
                if (failure.IsPartial)
                {
                    Interlocked.Increment(ref partialFailures[index]);
                }
            }
        }
    }

    /// <summary>Others' changes were undone.</summary>
    public void Repaired() => repairs.Add(1);

    /// <summary>Tracked connections of a family were looked at.</summary>
    public void FlowsReconciled(IpFamily family, int removed, TimeSpan took)
    {
        flows.Record(took.TotalSeconds, Label(family));
        flowsRemoved.Add(removed, Label(family));
    }

    /// <summary>/healthz or /livez answered.</summary>
    public void Answered(bool live, int status) => (live ? livez : healthz).Add(1, new KeyValuePair<string, object?>("code", status));

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private static KeyValuePair<string, object?> Label(IpFamily family) => new("ip_family", family == IpFamily.V4 ? "IPv4" : "IPv6");

    private static int IndexOf(IpFamily family) => family == IpFamily.V4 ? 0 : 1;

    private IEnumerable<Measurement<int>> NoLocal()
    {
        foreach (var family in Families)
        {
            yield return new(Volatile.Read(ref noLocal[IndexOf(family)]), new("traffic_policy", "internal"), Label(family));
            yield return new(Volatile.Read(ref noLocal[2 + IndexOf(family)]), new("traffic_policy", "external"), Label(family));
        }
    }

    private void SetRules(IpFamily family, SyncOutcome outcome)
    {
        if (outcome.RulesTotal is { } total)
        {
            lock (rules)
            {
                rulesTotal[IndexOf(family)] = total;
                rulesLast[IndexOf(family)] = outcome.RulesWritten ?? default;
            }
        }
    }

    private List<Measurement<int>> Rules(IptablesRuleCounts[] counts)
    {
        var all = new List<Measurement<int>>();
        lock (rules)
        {
            foreach (var family in Families)
            {
                all.Add(new(counts[IndexOf(family)].Filter, new("table", "filter"), Label(family)));
                all.Add(new(counts[IndexOf(family)].Nat, new("table", "nat"), Label(family)));
            }
        }

        return all;
    }

    private void Count(string name, string help, long[] counts) => meter.CreateObservableCounter(
        name, () => Families.Select(family => new Measurement<long>(Volatile.Read(ref counts[IndexOf(family)]), Label(family))), null, help);

    private Counter<long> Count(string name, string help) => meter.CreateCounter<long>(name, null, help);

    private Histogram<double> Duration(string name, string help, InstrumentAdvice<double> advice) => meter.CreateHistogram(name, null, help, tags: null, advice);
}
