using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>What a pod's status is made of.</summary>
internal sealed record PodStatusInput
{
    /// <summary>The pod as the API has it, its present status included.</summary>
    public required Pod Pod { get; init; }

    /// <summary>The status last told, for the times of its conditions; the pod's own if null.</summary>
    public PodStatus? Before { get; init; }

    /// <summary>What the node holds of it.</summary>
    public required PodState State { get; init; }

    /// <summary>What the probes say of a running container.</summary>
    public Func<string, ContainerHealth> Health { get; init; } = _ => new(Started: true, Ready: true);

    /// <summary>Why a container does not run, beyond the obvious.</summary>
    public Func<string, WaitingReason?> Waiting { get; init; } = _ => null;

    /// <summary>Why the pod as a whole failed.</summary>
    public PodFailure? Failure { get; init; }

    /// <summary>Nothing of the pod will run again: it was deleted, or it failed.</summary>
    public bool Terminal { get; init; }

    /// <summary>The node's addresses, first the primary one.</summary>
    public IReadOnlyList<string> HostIPs { get; init; } = [];

    /// <summary>The time.</summary>
    public required DateTimeOffset Now { get; init; }
}
