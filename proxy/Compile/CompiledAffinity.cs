using Podwire.Primitives;

namespace Podwire.Proxy.Compile;

/// <summary>
/// A Service port with ClientIP affinity. It has chains of its own: a client is looked up in the set of every endpoint
/// before one is drawn, and time-outs belong to sets.
/// </summary>
internal sealed class CompiledAffinity
{
    /// <summary><c>namespace/name:port</c>.</summary>
    public required string Comment { get; init; }

    /// <summary>The part of the chains' names that tells this port: <c>namespace/name/tcp/port</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The protocol.</summary>
    public required IpProtocol Protocol { get; init; }

    /// <summary>How long a client sticks after its last new connection.</summary>
    public required int Seconds { get; init; }

    /// <summary>The cluster-wide endpoints, sorted.</summary>
    public required IReadOnlyList<AffinityEndpoint> Cluster { get; init; }

    /// <summary>The endpoints of this node, sorted.</summary>
    public required IReadOnlyList<AffinityEndpoint> Local { get; init; }

    /// <summary>Some frontend draws from the cluster-wide endpoints with masquerading from outside only: the cluster IP.</summary>
    public bool HasClusterChain { get; init; }

    /// <summary>The cluster IP draws from the endpoints of this node (internalTrafficPolicy Local).</summary>
    public bool HasInternalLocalChain { get; init; }

    /// <summary>Some frontend is for traffic from outside.</summary>
    public bool HasExternalChain { get; init; }

    /// <summary>externalTrafficPolicy is Local.</summary>
    public bool ExternalLocal { get; init; }

    /// <summary>Every endpoint once.</summary>
    public IEnumerable<AffinityEndpoint> Endpoints => ((IEnumerable<AffinityEndpoint>)[.. Cluster, .. Local]).Distinct();

    /// <summary>Draws from the cluster-wide endpoints.</summary>
    public string ServiceChain => $"service-{Id}";

    /// <summary>Draws from the endpoints of this node.</summary>
    public string LocalChain => $"local-{Id}";

    /// <summary>The cluster IP's chain.</summary>
    public string ClusterChain => $"cluster-{Id}";

    /// <summary>The chain of traffic from outside.</summary>
    public string ExternalChain => $"external-{Id}";
}
