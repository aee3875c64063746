using Podwire.Kube.Objects;

namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A container of a <see cref="PodObject"/>.</summary>
internal sealed class PodObjectContainer
{
    /// <summary>Always for an init container that goes on running.</summary>
    public string? RestartPolicy { get; set; }

    /// <summary>Its ports.</summary>
    public List<ContainerPort> Ports { get => field ??= []; set; }
}
