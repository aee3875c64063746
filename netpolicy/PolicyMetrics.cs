using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy;

/// <summary>What /metrics shows.</summary>
internal sealed class PolicyMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Podwire.NetPolicy";

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> sync;
    private readonly Counter<long> failures;
    private readonly Counter<long> elements;
    private readonly Counter<long> repairs;
    private readonly ConcurrentDictionary<PolicyId, int> unusable = new();
    private readonly Counter<long> answers;
    private readonly Counter<long> dropped;
    private int observed;
    private int policies;
    private int classes;
    private int policed;

    /// <summary>The instruments.</summary>
    /// <param name="pending">How many objects wait to be programmed.</param>
    /// <param name="isReady">Whether the enforcer does all that it should.</param>
    /// <param name="closed">How many addresses are put aside since the kernel has no room for their rules.</param>
    public PolicyMetrics(Func<int> pending, Func<bool> isReady, Func<int> closed)
    {
        sync = meter.CreateHistogram(
            "podwire_netpolicy_sync_duration_seconds", null, "Time from taking up changes to their commit", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] });
        failures = meter.CreateCounter<long>("podwire_netpolicy_sync_failures_total", null, "Transactions that the kernel refused");
        elements = meter.CreateCounter<long>("podwire_netpolicy_elements_total", null, "Set elements added to or removed from the kernel");
        repairs = meter.CreateCounter<long>("podwire_netpolicy_repairs_total", null, "Changes by others that were undone");
        answers = meter.CreateCounter<long>("podwire_netpolicy_observed_answers_total", null, "Answers about names behind wildcards of policies that pods got");
        dropped = meter.CreateCounter<long>("podwire_netpolicy_observed_addresses_dropped_total", null, "Addresses behind wildcards that had to go before their time, since there were too many");
        meter.CreateObservableGauge("podwire_netpolicy_observed_addresses", () => observed, null, "Addresses that count as behind a wildcard of a policy");
        meter.CreateObservableGauge("podwire_netpolicy_pending_objects", pending, null, "Objects that wait to be programmed");
        meter.CreateObservableGauge("podwire_netpolicy_closed_addresses", closed, null, "Addresses of this node that are put aside since the kernel has no room for their rules");
        meter.CreateObservableGauge("podwire_netpolicy_ready", () => isReady() ? 1 : 0, null, "1 if rules are current and bridged packets pass them");
        meter.CreateObservableGauge("podwire_netpolicy_policies", () => policies, null, "Policies of the cluster");
        meter.CreateObservableGauge("podwire_netpolicy_classes", () => classes, null, "Different sets of policies among this node's pods, by direction");
        meter.CreateObservableGauge("podwire_netpolicy_policed_addresses", () => policed, null, "Addresses of this node that a policy selects");
        meter.CreateObservableGauge("podwire_netpolicy_unusable_policies", () => unusable.Count, null, "Policies of which something cannot be used and fails closed");
    }

    /// <summary>A run ended well.</summary>
    public void Synced(TimeSpan took, int elementCount, int policyCount, int classCount, int policedCount)
    {
        sync.Record(took.TotalSeconds);
        elements.Add(elementCount);
        (policies, classes, policed) = (policyCount, classCount, policedCount);
    }

    /// <summary>A run failed.</summary>
    public void Failed() => failures.Add(1);

    /// <summary>Others' changes were undone.</summary>
    public void Repaired() => repairs.Add(1);

    /// <summary>How many addresses are behind wildcards.</summary>
    public void Observed(int count) => observed = count;

    /// <summary>A pod got an answer about a name behind a wildcard.</summary>
    public void Answered(int droppedAddresses)
    {
        answers.Add(1);
        dropped.Add(droppedAddresses);
    }

    /// <summary>How much of a policy cannot be used.</summary>
    public void Unusable(PolicyId policy, int problems)
    {
        if (problems == 0)
        {
            unusable.TryRemove(policy, out _);
        }
        else
        {
            unusable[policy] = problems;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();
}
