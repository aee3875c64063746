using Podwire.Daemon;

namespace Podwire.NetPolicy.Health;

/// <summary>Whether the rules are current, and whether every packet passes them.</summary>
internal sealed class PolicyHealth(TimeSpan syncPeriod, TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly TaskCompletionSource firstSync = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset? pendingSince;
    private bool hasSynced;
    private string? setting;

    /// <summary>Completes once rules were programmed for the first time.</summary>
    public Task FirstSync => firstSync.Task;

    /// <summary>What keeps it from being ready; null if nothing does.</summary>
    public string? Problem
    {
        get
        {
            lock (gate)
            {
                return setting
                    ?? (!hasSynced ? "nothing was programmed yet" : null)
                    ?? (pendingSince is { } since && clock.GetUtcNow() - since > 2 * syncPeriod ? $"changes wait to be programmed since {since:O}" : null);
            }
        }
    }

    /// <summary>Something waits to be programmed.</summary>
    public void Queued()
    {
        lock (gate)
        {
            pendingSince ??= clock.GetUtcNow();
        }
    }

    /// <summary>A run ended well.</summary>
    public void Done()
    {
        lock (gate)
        {
            (hasSynced, pendingSince) = (true, null);
        }

        firstSync.TrySetResult();
        SdNotify.Watchdog();
    }

    /// <summary>What is wrong with the kernel's settings; null if nothing is. Returns true if that is news.</summary>
    public bool Setting(string? problem)
    {
        lock (gate)
        {
            if (setting == problem)
            {
                return false;
            }

            setting = problem;
            return true;
        }
    }

    /// <summary>The answer of /readyz.</summary>
    public HealthReply Readyz() => Problem is { } problem ? HealthReply.Unhealthy(problem) : HealthReply.Ok;

    /// <summary>The answer of /healthz: the process does its work, whatever the kernel's settings are.</summary>
    public HealthReply Healthz()
    {
        lock (gate)
        {
            return pendingSince is { } since && clock.GetUtcNow() - since > 2 * syncPeriod
                ? HealthReply.Unhealthy($"changes wait to be programmed since {since:O}")
                : HealthReply.Ok;
        }
    }
}
