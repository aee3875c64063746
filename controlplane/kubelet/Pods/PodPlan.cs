namespace Podwire.Kubelet.Pods;

/// <summary>What is to be done for a pod now; nothing else is.</summary>
internal sealed record PodPlan
{
    /// <summary>Make the sandbox first; what the other fields say follows once it stands.</summary>
    public bool CreateSandbox { get; init; }

    /// <summary>The pod is over: take the sandbox down.</summary>
    public bool RemoveSandbox { get; init; }

    /// <summary>End everything, with this phase, reason and message (the pod's deadline).</summary>
    public PodFailure? Fail { get; init; }

    /// <summary>Containers to end, with the reason for the event.</summary>
    public IReadOnlyList<ContainerKill> Kill { get; init; } = [];

    /// <summary>Containers to start.</summary>
    public IReadOnlyList<string> Start { get; init; } = [];

    /// <summary>Containers that wait for their back-off, with what is left of it.</summary>
    public IReadOnlyDictionary<string, TimeSpan> BackingOff { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>When to look again even if nothing happens; null for never.</summary>
    public TimeSpan? Again { get; init; }
}
