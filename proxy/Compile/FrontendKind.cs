namespace Podwire.Proxy.Compile;

/// <summary>By which of its addresses a Service is reached.</summary>
internal enum FrontendKind : byte
{
    /// <summary>spec.clusterIPs.</summary>
    ClusterIp,

    /// <summary>spec.externalIPs.</summary>
    ExternalIp,

    /// <summary>status.loadBalancer.ingress; the only one that source ranges guard.</summary>
    LoadBalancer,

    /// <summary>spec.ports[].nodePort.</summary>
    NodePort,
}
