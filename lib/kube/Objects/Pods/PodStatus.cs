namespace Podwire.Kube.Objects;

/// <summary>What was last seen of a pod.</summary>
public sealed class PodStatus : KubeValue
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; set; }

    /// <summary>The generation the kubelet last acted on (servers from 1.33 on).</summary>
    public long? ObservedGeneration { get; set; }

    /// <summary>PodScheduled, Initialized, ContainersReady, Ready and others.</summary>
    public List<Condition> Conditions { get => field ??= []; set; }

    /// <summary>One sentence: why it is so.</summary>
    public string? Message { get; set; }

    /// <summary>One word: why it is so, such as <c>Evicted</c>.</summary>
    public string? Reason { get; set; }

    /// <summary>The node where room is being made.</summary>
    public string? NominatedNodeName { get; set; }

    /// <summary>The node's address.</summary>
    public string? HostIP { get; set; }

    /// <summary>The node's addresses, one per family.</summary>
    public List<HostIP> HostIPs { get => field ??= []; set; }

    /// <summary>The pod's address.</summary>
    public string? PodIP { get; set; }

    /// <summary>The pod's addresses, one per family, <see cref="PodIP"/> first.</summary>
    public List<PodIP> PodIPs { get => field ??= []; set; }

    /// <summary>When the kubelet took it up.</summary>
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>One per init container.</summary>
    public List<ContainerStatus> InitContainerStatuses { get => field ??= []; set; }

    /// <summary>One per container.</summary>
    public List<ContainerStatus> ContainerStatuses { get => field ??= []; set; }

    /// <summary><c>Guaranteed</c>, <c>Burstable</c> or <c>BestEffort</c>.</summary>
    public string? QosClass { get; set; }
}
