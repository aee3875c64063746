namespace Podwire.Kube.Objects;

/// <summary>A container that has ended.</summary>
public sealed class ContainerStateTerminated : KubeValue
{
    /// <summary>Its exit code; 128 + signal if one killed it.</summary>
    public int ExitCode { get; set; }

    /// <summary>The signal that ended it.</summary>
    public int? Signal { get; set; }

    /// <summary>One word, such as <c>Completed</c>, <c>Error</c> or <c>OOMKilled</c>.</summary>
    public string? Reason { get; set; }

    /// <summary>Its last words.</summary>
    public string? Message { get; set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary><c>RUNTIME://ID</c>.</summary>
    public string? ContainerID { get; set; }
}
