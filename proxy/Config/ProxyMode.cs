namespace Podwire.Proxy.Config;

/// <summary>How rules reach the kernel (KubeProxyConfiguration mode).</summary>
internal enum ProxyMode
{
    /// <summary>nftables over netlink; the default here.</summary>
    Nftables,

    /// <summary>kube-proxy's iptables chains, through iptables-restore.</summary>
    Iptables,

    /// <summary>IPVS over generic netlink.</summary>
    Ipvs,
}
