using Microsoft.Extensions.Logging;
using Podwire.Kube.Objects;
using Podwire.Kubelet.Runtime;

namespace Podwire.Kubelet.Pods;

/// <summary>What every pod's worker shares.</summary>
internal sealed record PodServices
{
    /// <summary>Where the files are.</summary>
    public required KubeletPaths Paths { get; init; }

    /// <summary>What the node holds of pods.</summary>
    public required PodStore Store { get; init; }

    /// <summary>Starts and reads shims.</summary>
    public required ContainerRuntime Runtime { get; init; }

    /// <summary>Makes sandboxes.</summary>
    public required SandboxRunner Sandboxes { get; init; }

    /// <summary>Makes shims' configurations.</summary>
    public required ContainerConfigBuilder Configs { get; init; }

    /// <summary>The API server.</summary>
    public required IPodApi Api { get; init; }

    /// <summary>Tells an event about a pod: a warning or not, reason, message. Never blocks.</summary>
    public required Action<Pod, bool, string, string> Tell { get; init; }

    /// <summary>Every service that is known.</summary>
    public required Func<IReadOnlyList<Service>> Services { get; init; }

    /// <summary>The node's addresses.</summary>
    public required IReadOnlyList<string> HostIPs { get; init; }

    /// <summary>The node's allocatable resources.</summary>
    public required IReadOnlyDictionary<string, Quantity> Allocatable { get; init; }

    /// <summary>The time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The log.</summary>
    public required ILogger Log { get; init; }
}
