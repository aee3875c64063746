namespace Podwire.Proxy.Compile;

/// <summary>What a chain that many Services share does with a new connection.</summary>
internal enum ChainKind : byte
{
    /// <summary>Sends it to one of the frontend's slots.</summary>
    Vip,

    /// <summary>Marks it for masquerading if it comes from outside the cluster, then as <see cref="Vip"/>.</summary>
    Cluster,

    /// <summary>Marks it for masquerading, then as <see cref="Vip"/>.</summary>
    External,

    /// <summary>externalTrafficPolicy Local: pods and the node itself reach every endpoint, all others the endpoints of this node with their address kept.</summary>
    ExternalLocal,
}
