namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>The ipsets of kube-proxy's IPVS mode, by what they are for; <see cref="KubeIpSets"/> has their names.</summary>
internal enum KubeIpSet : byte
{
    /// <summary>Endpoints of this node with themselves as the client: hairpin traffic, which must be masqueraded.</summary>
    LoopBack,

    /// <summary>Cluster IPs.</summary>
    ClusterIp,

    /// <summary>External IPs under externalTrafficPolicy Cluster.</summary>
    ExternalIp,

    /// <summary>External IPs under externalTrafficPolicy Local.</summary>
    ExternalIpLocal,

    /// <summary>Load balancer addresses.</summary>
    LoadBalancer,

    /// <summary>Those of them that source ranges guard.</summary>
    LoadBalancerFirewall,

    /// <summary>Those of them under externalTrafficPolicy Local.</summary>
    LoadBalancerLocal,

    /// <summary>Guarded ones that may be reached from their own address, as the node does.</summary>
    LoadBalancerSourceIp,

    /// <summary>Guarded ones with the sources that are let in.</summary>
    LoadBalancerSourceCidr,

    /// <summary>TCP node ports.</summary>
    NodePortTcp,

    /// <summary>Those of them under externalTrafficPolicy Local.</summary>
    NodePortLocalTcp,

    /// <summary>UDP node ports.</summary>
    NodePortUdp,

    /// <summary>Those of them under externalTrafficPolicy Local.</summary>
    NodePortLocalUdp,

    /// <summary>SCTP node ports, with the node's addresses.</summary>
    NodePortSctp,

    /// <summary>Those of them under externalTrafficPolicy Local.</summary>
    NodePortLocalSctp,

    /// <summary>healthCheckNodePorts.</summary>
    HealthCheckNodePort,

    /// <summary>What is bound to kube-ipvs0.</summary>
    IpvsIps,
}
