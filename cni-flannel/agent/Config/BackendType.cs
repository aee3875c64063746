namespace Podwire.CniFlannel.Agent.Config;

/// <summary>How packets get from node to node; the names are those of net-conf.json.</summary>
internal enum BackendType
{
    /// <summary><c>vxlan</c>: in UDP, over any network.</summary>
    Vxlan,

    /// <summary><c>host-gw</c>: plain routes by way of the other nodes, which must be on the same link.</summary>
    HostGw,

    /// <summary><c>ipip</c>: in IPv4, over any network that lets protocol 4 pass.</summary>
    Ipip,

    /// <summary><c>udp</c>: in UDP by this process itself, for kernels with nothing else.</summary>
    Udp,

    /// <summary><c>alloc</c>: subnet.env only; someone else routes.</summary>
    Alloc,
}
