namespace Podwire.Kube.Objects;

/// <summary>Who should use an endpoint.</summary>
public sealed class EndpointHints : KubeValue
{
    /// <summary>Zones that should use it.</summary>
    public List<ForZone> ForZones { get => field ??= []; set; }

    /// <summary>Nodes that should use it; they come before zones.</summary>
    public List<ForNode> ForNodes { get => field ??= []; set; }
}
