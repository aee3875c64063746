namespace Podwire.Proxy.Config;

/// <summary>How traffic of this cluster's pods is told from traffic that comes from outside (KubeProxyConfiguration detectLocalMode).</summary>
internal enum DetectLocalMode
{
    /// <summary>Its source lies in clusterCIDR. Without a clusterCIDR nothing is detected.</summary>
    ClusterCidr,

    /// <summary>Its source lies in the node's podCIDRs.</summary>
    NodeCidr,

    /// <summary>It came in through the bridge detectLocal.bridgeInterface.</summary>
    BridgeInterface,

    /// <summary>It came in through an interface whose name begins with detectLocal.interfaceNamePrefix.</summary>
    InterfaceNamePrefix,
}
