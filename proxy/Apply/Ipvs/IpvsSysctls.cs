using Microsoft.Extensions.Logging;
using Podwire.Netlink.Namespaces;
using Podwire.Proxy.Config;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>The sysctls that IPVS needs, as kube-proxy sets them.</summary>
internal static class IpvsSysctls
{
    private static readonly (string Name, string Value)[] Always =
    [
        // Without entries of conntrack nothing could be masqueraded.
        ("net/ipv4/vs/conntrack", "1"),
        // A new connection from a port that was used before goes to where it is directed now, not to where the old one went. Kernels from 5.9 on do so anyway.
        ("net/ipv4/vs/conn_reuse_mode", "0"),
        // Datagrams of a client whose endpoint is gone are directed anew.
        ("net/ipv4/vs/expire_nodest_conn", "1"),
        // A client that sticks to an endpoint of weight 0 comes loose.
        ("net/ipv4/vs/expire_quiescent_template", "1"),
        ("net/ipv4/ip_forward", "1"),
    ];

    // kube-ipvs0 is not the only interface of a node: without these every one of them answers for Service addresses.
    private static readonly (string Name, string Value)[] StrictArp = [("net/ipv4/conf/all/arp_ignore", "1"), ("net/ipv4/conf/all/arp_announce", "2")];

    /// <summary>Sets them, and says what could not be set.</summary>
    public static void Ensure(NetNamespace ns, IpvsOptions options, ILogger logger)
    {
        foreach (var (name, value) in options.StrictArp ? [.. Always, .. StrictArp] : Always)
        {
            try
            {
                ns.Run(() => Sysctl.TryEnsure(name, value));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                IpvsLog.SysctlFailed(logger, name.Replace('/', '.'), value, e.Message);
            }
        }
    }
}
