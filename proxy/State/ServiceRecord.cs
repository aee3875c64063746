using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>
/// What the proxy needs of a Service, checked: every address parsed, every port in range. Both families stand in the
/// same record; the compiler of a family takes the addresses of its own.
/// </summary>
internal sealed record ServiceRecord
{
    /// <summary>Namespace and name.</summary>
    public required ServiceKey Key { get; init; }

    /// <summary>metadata.uid, for events; may be empty.</summary>
    public string Uid { get; init; } = string.Empty;

    /// <summary>metadata.resourceVersion: what is read again at the same version has not changed.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>metadata.creationTimestamp; where two Services claim one address and port, the older one has it.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>spec.clusterIPs, at most one of each family.</summary>
    public IpAddress[] ClusterIps { get; init; } = [];

    /// <summary>spec.externalIPs.</summary>
    public IpAddress[] ExternalIps { get; init; } = [];

    /// <summary>status.loadBalancer.ingress[].ip, without those of ipMode Proxy.</summary>
    public IpAddress[] LoadBalancerIps { get; init; } = [];

    /// <summary>spec.loadBalancerSourceRanges; empty lets everyone in.</summary>
    public IpPrefix[] SourceRanges { get; init; } = [];

    /// <summary>spec.ports.</summary>
    public PortRecord[] Ports { get; init; } = [];

    /// <summary>Seconds of ClientIP affinity, or 0 for none.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>spec.internalTrafficPolicy is Local.</summary>
    public bool InternalLocal { get; init; }

    /// <summary>spec.externalTrafficPolicy is Local.</summary>
    public bool ExternalLocal { get; init; }

    /// <summary>spec.healthCheckNodePort, or 0.</summary>
    public ushort HealthCheckNodePort { get; init; }

    /// <summary>True if anything beyond the cluster IP leads to the Service.</summary>
    public bool IsExternallyReachable => ExternalIps.Length > 0 || LoadBalancerIps.Length > 0 || Array.Exists(Ports, static port => port.NodePort != 0);

    /// <summary>True if it has an address of the family.</summary>
    public bool Has(IpFamily family) => Has(ClusterIps, family) || Has(ExternalIps, family) || Has(LoadBalancerIps, family);

    private static bool Has(IpAddress[] addresses, IpFamily family)
    {
        foreach (var address in addresses)
        {
            if (address.Family == family)
            {
                return true;
            }
        }

        return false;
    }
}
