namespace Podwire.Kubelet.Runtime;

/// <summary>A pod's sandbox: its network namespace and what CNI gave it.</summary>
internal sealed record SandboxState
{
    /// <summary>CNI's container id: 64 random hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>The namespace's path under /run/netns; null for a pod in the node's own network.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>How far it is.</summary>
    public SandboxPhase Phase { get; init; }

    /// <summary>The pod's addresses, first the primary one.</summary>
    public IReadOnlyList<string> PodIPs { get => field ?? []; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}
