using Microsoft.Extensions.Logging;
using Podwire.Netlink.Namespaces;
using Podwire.Proxy.Config;

namespace Podwire.Proxy.Apply;

/// <summary>The sysctls that Service traffic needs, in the network namespace of the process.</summary>
internal static class KernelSettings
{
    /// <summary>Sets what can be set, and says what is missing.</summary>
    public static void Ensure(ProxyOptions options, ILogger logger)
    {
        // Answers between two pods on one bridge must pass the rules, or their translation would not be undone. Only where the module exists.
        Set("net/bridge/bridge-nf-call-iptables", "1", logger);
        Set("net/bridge/bridge-nf-call-ip6tables", "1", logger);
        foreach (var (name, seconds) in options.ConntrackTimeouts)
        {
            Set($"net/netfilter/{name}", seconds.ToString(), logger);
        }

        if (options.ConntrackTcpBeLiberal)
        {
            Set("net/netfilter/nf_conntrack_tcp_be_liberal", "1", logger);
        }

        // Forwarding is the operator's or the CNI plugin's decision; without it nothing reaches another node.
        if (Sysctl.Read("net/ipv4/ip_forward") == "0")
        {
            ApplyLog.NotForwarding(logger);
        }
    }

    private static void Set(string name, string value, ILogger logger)
    {
        try
        {
            Sysctl.TryEnsure(name, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ApplyLog.SysctlFailed(logger, name.Replace('/', '.'), value, e.Message);
        }
    }
}
