namespace Podwire.Controllers.NodeLifecycle;

/// <summary>How long nodes may be silent, and how fast the consequences come.</summary>
public sealed record NodeLifecycleOptions
{
    /// <summary>How often nodes are looked at; 5 s (--node-monitor-period).</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node may be silent before its conditions become Unknown; 50 s (--node-monitor-grace-period).</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(50);

    /// <summary>How long a new node may be silent; 1 min (--node-startup-grace-period).</summary>
    public TimeSpan StartupGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Nodes tainted NoExecute in a second; 0.1 (--node-eviction-rate).</summary>
    public double EvictionRate { get; init; } = 0.1;

    /// <summary>How long a pod without a say stays on a node that is not ready or unreachable; 5 min.</summary>
    public TimeSpan DefaultToleration { get; init; } = TimeSpan.FromSeconds(300);
}
