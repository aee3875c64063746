using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>One endpoint of a slice; kube-proxy too reads only its first address (discovery.k8s.io/v1: all are fungible).</summary>
internal sealed record EndpointRecord
{
    /// <summary>The address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>Ready, serving, terminating.</summary>
    public EndpointConditions Conditions { get; init; } = EndpointConditions.Ready | EndpointConditions.Serving;

    /// <summary>The node it runs on, or null.</summary>
    public string? NodeName { get; init; }

    /// <summary>hints.forZones; empty where there is no hint.</summary>
    public IReadOnlyList<string> ZoneHints { get; init; } = [];

    /// <summary>hints.forNodes; empty where there is no hint.</summary>
    public IReadOnlyList<string> NodeHints { get; init; } = [];

    /// <summary>Ready.</summary>
    public bool IsReady => (Conditions & EndpointConditions.Ready) != 0;

    /// <summary>Serving and terminating: what traffic falls back to where nothing is ready.</summary>
    public bool IsLastResort => (Conditions & (EndpointConditions.Serving | EndpointConditions.Terminating)) == (EndpointConditions.Serving | EndpointConditions.Terminating);
}
