namespace Podwire.Kube.Objects;

/// <summary>One aspect of an object's state, in the uniform shape of metav1.Condition; also what pods, nodes and workloads use.</summary>
public sealed class Condition : KubeValue
{
    /// <summary>The aspect, such as <c>Ready</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string Status { get; set; } = "";

    /// <summary>The generation this was judged at.</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>Nodes: when the status was last written.</summary>
    public DateTimeOffset? LastHeartbeatTime { get; set; }

    /// <summary>Pods: when it was last probed.</summary>
    public DateTimeOffset? LastProbeTime { get; set; }

    /// <summary>Deployments: when the condition was last written.</summary>
    public DateTimeOffset? LastUpdateTime { get; set; }

    /// <summary>When <see cref="Status"/> last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; set; }

    /// <summary>One CamelCase word: why.</summary>
    public string? Reason { get; set; }

    /// <summary>One sentence for people.</summary>
    public string? Message { get; set; }
}
