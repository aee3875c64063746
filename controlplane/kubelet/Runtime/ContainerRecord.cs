using System.Text.Json.Serialization;
using Podwire.Kubelet.Pods;
using Podwire.Kubelet.Shim;

namespace Podwire.Kubelet.Runtime;

/// <summary>A container's latest attempt and the one before. It runs as long as <see cref="End"/> is null.</summary>
internal sealed record ContainerRecord
{
    /// <summary>The attempt's id: 64 random hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>How often it was restarted: 0 for the first attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>The container's first process; null while it is being started.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>When that process started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How the attempt ended; null while it runs.</summary>
    public ContainerEnd? End { get; init; }

    /// <summary>How the attempt before it ended.</summary>
    public ContainerEnd? Last { get; init; }

    /// <summary>How long a restart waits.</summary>
    public BackOff BackOff { get; init; }

    /// <summary>True while its process runs or is being started.</summary>
    [JsonIgnore]
    public bool IsRunning => End is null;
}
