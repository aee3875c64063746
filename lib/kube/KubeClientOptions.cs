namespace Podwire.Kube;

/// <summary>Limits and names of a <see cref="KubeClient"/>.</summary>
public sealed record KubeClientOptions
{
    /// <summary>How long a request other than a watch or stream may take in all.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who we are, for the server's log and for metrics.</summary>
    public string UserAgent { get; init; } = "podwire";

    /// <summary>Clock and timers.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
