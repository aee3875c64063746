namespace Podwire.Kubelet.Logs;

/// <summary>What part of a log is asked for (core/v1 PodLogOptions).</summary>
internal sealed record LogOptions
{
    /// <summary>Go on until the container ends.</summary>
    public bool Follow { get; init; }

    /// <summary>Only so many last lines; null for all.</summary>
    public long? TailLines { get; init; }

    /// <summary>Only what was written at or after this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Each line begins with its time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Stop after so many bytes; null for no limit.</summary>
    public long? LimitBytes { get; init; }
}
