namespace Podwire.Kube.Objects;

/// <summary>State of an endpoint; null means: assume ready and serving, not terminating.</summary>
public sealed class EndpointConditions : KubeValue
{
    /// <summary>True if it may get new connections.</summary>
    public bool? Ready { get; set; }

    /// <summary>Like ready, but also while it ends.</summary>
    public bool? Serving { get; set; }

    /// <summary>True if it is ending.</summary>
    public bool? Terminating { get; set; }
}
