using Podwire.Daemon;
using Podwire.Proxy.Apply;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Health;

/// <summary>
/// Whether the rules are current: never synchronised, or something pending for twice the sync period, is unhealthy.
/// /healthz also fails while the node is being removed, so that load balancers drain it; /livez does not (KEP-3836).
/// </summary>
internal sealed class ProxyHealth(ProxyState state, ProxyMetrics metrics, TimeSpan syncPeriod, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource firstSync = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? lastUpdated;
    private DateTimeOffset? oldestPending;

    /// <summary>Completes once rules were programmed for the first time.</summary>
    public Task FirstSync => firstSync.Task;

    /// <summary>True if the rules are current.</summary>
    public bool IsCurrent
    {
        get
        {
            lock (gate)
            {
                return lastUpdated is not null && (oldestPending is null || clock.GetUtcNow() - oldestPending < 2 * syncPeriod);
            }
        }
    }

    /// <summary>Something waits to be programmed.</summary>
    public void Queued()
    {
        lock (gate)
        {
            oldestPending ??= clock.GetUtcNow();
        }

        metrics.Queued(clock.GetUtcNow());
    }

    /// <summary>A run begins; gives its token for <see cref="Done"/>.</summary>
    public long Begin(int pending)
    {
        if (pending > 0)
        {
            Queued();
        }

        return clock.GetTimestamp();
    }

    /// <summary>A run ended well.</summary>
    public void Done(long began, ProxySnapshot? snapshot, IReadOnlyList<SyncOutcome> outcomes)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            lastUpdated = now;
            oldestPending = null;
        }

        // A run that made a refused one good has no snapshot of its own, and did the work all the same.
        if (snapshot is not null || outcomes.Any(static outcome => outcome.Batches > 0))
        {
            metrics.Synced(now, clock.GetElapsedTime(began), snapshot, outcomes);
        }

        firstSync.TrySetResult();
        SdNotify.Watchdog();
    }

    /// <summary>The answer of /healthz.</summary>
    public HealthReply Healthz() => Answer(live: false);

    /// <summary>The answer of /livez.</summary>
    public HealthReply Livez() => Answer(live: true);

    private HealthReply Answer(bool live)
    {
        var eligible = state.Node.IsEligible;
        var status = IsCurrent && (live || eligible) ? 200 : 503;
        metrics.Answered(live, status);
        DateTimeOffset updated;
        lock (gate)
        {
            // kube-proxy gives the present time as long as it is healthy.
            updated = status == 200 ? clock.GetUtcNow() : lastUpdated ?? default;
        }

        var eligibility = live ? string.Empty : $",\"nodeEligible\": {(eligible ? "true" : "false")}";
        return HealthReply.Json(status, $"{{\"lastUpdated\": \"{updated.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffffffZ}\",\"currentTime\": \"{clock.GetUtcNow().UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffffffZ}\"{eligibility}}}");
    }
}
