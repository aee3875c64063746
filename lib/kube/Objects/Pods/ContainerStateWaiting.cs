namespace Podwire.Kube.Objects;

/// <summary>A container that does not run yet.</summary>
public sealed class ContainerStateWaiting : KubeValue
{
    /// <summary>One word, such as <c>CrashLoopBackOff</c>.</summary>
    public string? Reason { get; set; }

    /// <summary>One sentence.</summary>
    public string? Message { get; set; }
}
