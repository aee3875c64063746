using System.Text.Json.Serialization;

namespace Podwire.Kubelet.Runtime;

/// <summary>How one attempt of a container ended.</summary>
internal sealed record ContainerEnd
{
    /// <summary>The attempt's id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>As a shell gives it.</summary>
    public int ExitCode { get; init; }

    /// <summary>Completed, Error, StartError or ContainerStatusUnknown.</summary>
    public required string Reason { get; init; }

    /// <summary>More about it, or null.</summary>
    public string? Message { get; init; }

    /// <summary>When it started; null if it never did.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>How long it had run.</summary>
    [JsonIgnore]
    public TimeSpan Worked => StartedAt is { } started ? FinishedAt - started : TimeSpan.Zero;
}
