using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>
/// One endpoint of a slice; kube-proxy too reads only its first address (discovery.k8s.io/v1: all are fungible).
/// A value: a cluster has more of these than of anything else, and they lie in their slice's array.
/// </summary>
internal readonly record struct EndpointRecord
{
    private readonly EndpointHints? hints;

    /// <summary>A ready endpoint, unless <see cref="Conditions"/> says otherwise.</summary>
    public EndpointRecord()
    {
    }

    /// <summary>The address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>Ready, serving, terminating.</summary>
    public EndpointConditions Conditions { get; init; } = EndpointConditions.Ready | EndpointConditions.Serving;

    /// <summary>The node it runs on, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>Who should use it; null where there is no hint.</summary>
    public EndpointHints? Hints
    {
        get => hints;
        init => hints = value;
    }

    /// <summary>hints.forZones; empty where there is no hint.</summary>
    public string[] ZoneHints
    {
        get => hints?.Zones ?? [];
        init => hints = EndpointHints.Of(value, hints?.Nodes ?? []);
    }

    /// <summary>hints.forNodes; empty where there is no hint.</summary>
    public string[] NodeHints
    {
        get => hints?.Nodes ?? [];
        init => hints = EndpointHints.Of(hints?.Zones ?? [], value);
    }

    /// <summary>Ready.</summary>
    public bool IsReady => (Conditions & EndpointConditions.Ready) != 0;

    /// <summary>Serving and terminating: what traffic falls back to where nothing is ready.</summary>
    public bool IsLastResort => (Conditions & (EndpointConditions.Serving | EndpointConditions.Terminating)) == (EndpointConditions.Serving | EndpointConditions.Terminating);
}
