using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>What the proxy needs of an EndpointSlice. Named ports may differ from slice to slice: each port reads its own slices.</summary>
internal sealed record SliceRecord
{
    /// <summary>metadata.name, within the Service's namespace.</summary>
    public required string Name { get; init; }

    /// <summary>The Service that it belongs to.</summary>
    public required ServiceKey Service { get; init; }

    /// <summary>metadata.resourceVersion: what is read again at the same version has not changed.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>addressType; slices of type FQDN are not read.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>ports.</summary>
    public SlicePort[] Ports { get; init; } = [];

    /// <summary>endpoints, those with unusable addresses left out.</summary>
    public EndpointRecord[] Endpoints { get; init; } = [];

    /// <summary>When the change that this slice carries was triggered (endpoints.kubernetes.io/last-change-trigger-time), or null.</summary>
    public DateTimeOffset? TriggeredAt { get; init; }
}
