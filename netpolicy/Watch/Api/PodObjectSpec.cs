namespace Podwire.NetPolicy.Watch.Api;

/// <summary>The desired state of a <see cref="PodObject"/>.</summary>
internal sealed class PodObjectSpec
{
    /// <summary>The node; null before the pod is bound.</summary>
    public string? NodeName { get; set; }

    /// <summary>It is in the node's network.</summary>
    public bool? HostNetwork { get; set; }

    /// <summary>Its containers.</summary>
    public List<PodObjectContainer> Containers { get => field ??= []; set; }

    /// <summary>Containers that begin before these; those with restartPolicy Always go on beside them.</summary>
    public List<PodObjectContainer> InitContainers { get => field ??= []; set; }
}
