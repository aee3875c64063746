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

        RaiseConntrackMax(options, logger);
        SetOomScore(options, logger);
        // Forwarding is the operator's or the CNI plugin's decision; without it nothing reaches another node.
        if (Sysctl.Read("net/ipv4/ip_forward") == "0")
        {
            ApplyLog.NotForwarding(logger);
        }
    }

    /// <summary>Never lowers it: somebody else may have had a reason. Only the first network namespace has it to set.</summary>
    private static void RaiseConntrackMax(ProxyOptions options, ILogger logger)
    {
        var wanted = options.ConntrackMaxPerCore == 0 ? 0 : Math.Max(options.ConntrackMin, (long)options.ConntrackMaxPerCore * Environment.ProcessorCount);
        if (long.TryParse(Sysctl.Read("net/netfilter/nf_conntrack_max"), out var now) && now < wanted)
        {
            Set("net/netfilter/nf_conntrack_max", wanted.ToString(), logger);
        }
    }

    private static void SetOomScore(ProxyOptions options, ILogger logger)
    {
        var score = (options.OomScoreAdj ?? -999).ToString();
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", score);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (options.OomScoreAdj is not null)
            {
                ApplyLog.SysctlFailed(logger, "/proc/self/oom_score_adj", score, e.Message);
            }
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
