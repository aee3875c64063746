using Podwire.Daemon;

namespace Podwire.Proxy.Config;

/// <summary>
/// The rest of kube-proxy's command line (cmd/kube-proxy/app/options.go, Kubernetes 1.32 and 1.33): conntrack, start-up, and what is accepted
/// so that an operator's command line goes on working, though there is nothing here that it could change.
/// </summary>
internal static class UpstreamFlags
{
    private static readonly (string Name, string Sysctl)[] Timeouts =
    [
        ("conntrack-tcp-timeout-established", "nf_conntrack_tcp_timeout_established"),
        ("conntrack-tcp-timeout-close-wait", "nf_conntrack_tcp_timeout_close_wait"),
        ("conntrack-udp-timeout", "nf_conntrack_udp_timeout"),
        ("conntrack-udp-timeout-stream", "nf_conntrack_udp_timeout_stream"),
    ];

    // Of values, and of switches. Those of a mode are here for as long as the mode does not declare them itself.
    private static readonly string[] Accepted =
    [
        "bind-address", "config-sync-period", "feature-gates", "kube-api-burst", "kube-api-content-type", "kube-api-qps", "proxy-port-range", "show-hidden-metrics-for-version",
        "log-flush-frequency", "log-json-info-buffer-size", "log-text-info-buffer-size", "logging-format", "log_backtrace_at", "log_dir", "log_file", "log_file_max_size", "stderrthreshold", "vmodule",
    ];

    private static readonly string[] AcceptedSwitches =
    [
        "profiling", "log-json-split-stream", "log-text-split-stream", "add_dir_header", "alsologtostderr", "logtostderr", "one_output", "skip_headers", "skip_log_headers",
        "iptables-localhost-nodeports",
    ];

    /// <summary>Declares them; call it last.</summary>
    public static DaemonFlags Declare(DaemonFlags flags)
    {
        foreach (var (name, _) in Timeouts)
        {
            flags.Value(name, "DURATION", "sets the time-out of tracked connections; 0 leaves it");
        }

        flags
            .Value("conntrack-max-per-core", "N", "the least that net.netfilter.nf_conntrack_max is raised to, for each processor; 0 leaves it (default 32768)")
            .Value("conntrack-min", "N", "the least that net.netfilter.nf_conntrack_max is raised to in any case (default 131072)")
            .Switch("conntrack-tcp-be-liberal", "do not drop packets that connection tracking cannot place")
            .Value("iptables-masquerade-bit", "0-31", "as --masquerade-bit, for the modes iptables and ipvs")
            .Value("iptables-sync-period", "DURATION", "as --sync-period, for mode iptables")
            .Value("iptables-min-sync-period", "DURATION", "as --min-sync-period, for mode iptables")
            .Value("ipvs-sync-period", "DURATION", "as --sync-period, for mode ipvs")
            .Value("ipvs-min-sync-period", "DURATION", "as --min-sync-period, for mode ipvs")
            .Value("healthz-port", "PORT", "as --healthz-bind-address 0.0.0.0:PORT; 0 for nowhere")
            .Value("metrics-port", "PORT", "as --metrics-bind-address 127.0.0.1:PORT; 0 for nowhere")
            .Value("oom-score-adj", "-1000-1000", "how readily the kernel ends the proxy when memory runs out (default -999)")
            .Value("service-cluster-ip-range", "CIDR[,CIDR]", "the Services' addresses, as the API server's flag; read from ServiceCIDR objects unless given. Packets to one that no Service has are dropped")
            .Switch("init-only", "set the sysctls, which need more rights than the rest, and end")
            .Value("write-config-to", "FILE", "write a configuration file with every default, and end");
        foreach (var name in Accepted)
        {
            if (!flags.IsDeclared(name))
            {
                flags.Value(name, "VALUE", "accepted, without effect");
            }
        }

        foreach (var name in AcceptedSwitches)
        {
            if (!flags.IsDeclared(name))
            {
                flags.Switch(name, "accepted, without effect");
            }
        }

        return flags;
    }

    /// <summary>What they say, on top of what else was read.</summary>
    /// <exception cref="FlagException">A value that cannot be used.</exception>
    public static ProxyOptions Read(DaemonFlags flags, ProxyOptions options)
    {
        var timeouts = new Dictionary<string, int>(options.ConntrackTimeouts);
        foreach (var (name, sysctl) in Timeouts)
        {
            if (flags.IsGiven(name) && flags.GetDuration(name) is { Ticks: > 0 } timeout)
            {
                timeouts[sysctl] = (int)timeout.TotalSeconds;
            }
        }

        var mode = options.Mode.ToString().ToLowerInvariant();
        TimeSpan Period(string name, TimeSpan otherwise) => flags.IsGiven($"{mode}-{name}") && flags.IsDeclared($"{mode}-{name}") ? flags.GetDuration($"{mode}-{name}") : otherwise;
        return options with
        {
            ConntrackTimeouts = timeouts,
            ConntrackTcpBeLiberal = flags.IsGiven("conntrack-tcp-be-liberal") ? flags.IsSet("conntrack-tcp-be-liberal") : options.ConntrackTcpBeLiberal,
            ConntrackMaxPerCore = flags.IsGiven("conntrack-max-per-core") ? flags.GetInt("conntrack-max-per-core", 0, int.MaxValue) : options.ConntrackMaxPerCore,
            ConntrackMin = flags.IsGiven("conntrack-min") ? flags.GetInt("conntrack-min", 0, int.MaxValue) : options.ConntrackMin,
            MasqueradeBit = flags.IsGiven("iptables-masquerade-bit") && options.Mode != ProxyMode.Nftables ? flags.GetInt("iptables-masquerade-bit", 0, 31) : options.MasqueradeBit,
            SyncPeriod = Period("sync-period", options.SyncPeriod),
            MinSyncPeriod = Period("min-sync-period", options.MinSyncPeriod),
            HealthzBindAddress = flags.IsGiven("healthz-port") && !flags.IsGiven("healthz-bind-address") ? At("0.0.0.0", flags.GetInt("healthz-port", 0, 65535)) : options.HealthzBindAddress,
            MetricsBindAddress = flags.IsGiven("metrics-port") && !flags.IsGiven("metrics-bind-address") ? At("127.0.0.1", flags.GetInt("metrics-port", 0, 65535)) : options.MetricsBindAddress,
            OomScoreAdj = flags.IsGiven("oom-score-adj") ? flags.GetInt("oom-score-adj", -1000, 1000) : options.OomScoreAdj,
            ServiceCidrs = flags.Get("service-cluster-ip-range") is { } ranges ? ProxyValues.ClusterCidrs("--service-cluster-ip-range", ranges) : options.ServiceCidrs,
            InitOnly = flags.IsSet("init-only"),
            WriteConfigTo = flags.Get("write-config-to"),
            WithoutEffect = [.. options.WithoutEffect, .. Accepted.Concat(AcceptedSwitches).Where(name => flags.IsGiven(name) && flags.HelpOf(name).StartsWith("accepted", StringComparison.Ordinal)).Select(static name => $"--{name}")],
        };
    }

    private static string At(string address, int port) => port == 0 ? string.Empty : $"{address}:{port}";
}
