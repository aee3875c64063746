using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Podwire.Kube;

/// <summary>What a <see cref="Reflector{T}"/> follows, and how.</summary>
public sealed record ReflectorOptions
{
    /// <summary>The namespace; null is every one.</summary>
    public string? Namespace { get; init; }

    /// <summary>Only objects whose labels match.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Only objects whose fields match.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Objects per page of a list that is not served from the server's cache.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>The server is asked to end a watch after between this and twice this, at random.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A watch without a byte for so long is taken for dead. Servers send a bookmark about every minute; a watch that
    /// ends by its timeout is quiet for longer only on servers without bookmarks, where the cost is one more request.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long to wait after failures.</summary>
    public Backoff Backoff { get; init; } = Backoff.Reflector;

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where failures are told.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;
}
