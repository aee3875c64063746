namespace Podwire.Proxy.Config;

/// <summary>How rules reach the kernel (KubeProxyConfiguration mode).</summary>
internal enum ProxyMode
{
    /// <summary>nftables over netlink; the default here.</summary>
    Nftables,
}
