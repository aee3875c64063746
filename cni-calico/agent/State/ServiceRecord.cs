using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>A Service's addresses that may be announced.</summary>
internal sealed record ServiceRecord
{
    public IReadOnlyList<IpAddress> ClusterIPs { get; init; } = [];

    public IReadOnlyList<IpAddress> ExternalIPs { get; init; } = [];

    public IReadOnlyList<IpAddress> LoadBalancerIPs { get; init; } = [];

    /// <summary>externalTrafficPolicy Local: only nodes with an endpoint announce it.</summary>
    public bool IsLocal { get; init; }

    /// <summary>This node has a ready endpoint.</summary>
    public bool HasLocalEndpoint { get; init; }
}
