using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Podwire.Kube;

/// <summary>When a <see cref="ReconcileLoop"/> runs.</summary>
public sealed record ReconcileLoopOptions
{
    /// <summary>What log lines call it.</summary>
    public string Name { get; init; } = "reconcile";

    /// <summary>Least time from the start of one run to the start of the next one. Signals in between become one run.</summary>
    public TimeSpan MinInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A run happens at least this often, without any signal; null is never.</summary>
    public TimeSpan? MaxInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait after failures; a new signal does not shorten it.</summary>
    public Backoff Retry { get; init; } = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(30), 0.2);

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where failures are told.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
