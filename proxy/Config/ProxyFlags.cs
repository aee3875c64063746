using System.Text.Json.Nodes;
using Podwire.Daemon;

namespace Podwire.Proxy.Config;

/// <summary>kube-proxy's command line. Where both speak, a flag overrides the file (kube-proxy ignores most flags beside --config).</summary>
internal static class ProxyFlags
{
    /// <summary>The flags, for parsing and for --help.</summary>
    public static DaemonFlags Declare() => UpstreamFlags.Declare(new DaemonFlags("podwire-proxy", "directs Service traffic to endpoints on one node; stands in for kube-proxy")
    {
        Footer = """
            SIGNALS
              SIGTERM, SIGINT  end; the rules stay, so that traffic goes on. --cleanup removes them.

            EXIT STATUS
              0 ended as asked, 1 failed, 2 a flag or a key of the configuration cannot be used
            """,
    }
        .Value("config", "FILE", "KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1, YAML or JSON)")
        .Value("kubeconfig", "FILE", "how to reach the API server")
        .Value("master", "URL", "the API server's address, overriding the kubeconfig's; plain http needs no kubeconfig")
        .Value("hostname-override", "NAME", "the node's name; the host name unless given")
        .Value("proxy-mode", "MODE", "nftables (default), iptables or ipvs")
        .Value("cluster-cidr", "CIDR[,CIDR]", "the pods' addresses, one prefix per family")
        .Value("detect-local-mode", "MODE", "ClusterCIDR (default), NodeCIDR, BridgeInterface or InterfaceNamePrefix")
        .Value("pod-bridge-interface", "NAME", "the bridge, for BridgeInterface")
        .Value("pod-interface-name-prefix", "PREFIX", "the prefix, for InterfaceNamePrefix")
        .Value("nodeport-addresses", "CIDR,...|primary", "where node ports listen; at all addresses but loopback ones unless given")
        .Switch("masquerade-all", "masquerade all traffic through cluster IPs")
        .Value("masquerade-bit", "0-31", "the bit of the packet mark that asks for masquerading (default 14)")
        .Switch("iptables-localhost-nodeports", "node ports answer at 127.0.0.1 too, mode iptables (default; =false for not)")
        .Value("ipvs-scheduler", "NAME", "the scheduler, mode ipvs: rr (default), wrr, lc, wlc, lblc, lblcr, sh, dh, sed, nq or mh")
        .Value("ipvs-exclude-cidrs", "CIDR,...", "virtual services at these addresses are left alone, mode ipvs")
        .Switch("ipvs-strict-arp", "only the interface that has an address answers for it, mode ipvs")
        .Value("ipvs-tcp-timeout", "DURATION", "how long idle TCP connections are remembered, mode ipvs (default 0: the kernel's)")
        .Value("ipvs-tcpfin-timeout", "DURATION", "the same after a FIN")
        .Value("ipvs-udp-timeout", "DURATION", "the same for UDP")
        .Value("sync-period", "DURATION", "the longest time between two checks of the whole table (default 30s)")
        .Value("min-sync-period", "DURATION", "the shortest time between two changes of the kernel (default 0; 1s in mode iptables)")
        .Value("healthz-bind-address", "ADDRESS:PORT", "where /healthz and /livez are served; empty for nowhere (default 0.0.0.0:10256)")
        .Value("metrics-bind-address", "ADDRESS:PORT", "where /metrics and /proxyMode are served; empty for nowhere (default 127.0.0.1:10249)")
        .Switch("bind-address-hard-fail", "end if an address to listen at cannot be had")
        .Switch("cleanup", "remove every rule of the proxy and end")
        .Switch("dry-run", "print what would change, as text, change nothing, and end"));

    /// <summary>File and flags together.</summary>
    /// <param name="flags">Parsed.</param>
    /// <param name="readYaml">Reads a YAML file as JSON.</param>
    /// <exception cref="ConfigurationException">A key or a value that cannot be used.</exception>
    /// <exception cref="FlagException">The same, of a flag.</exception>
    public static ProxyOptions Read(DaemonFlags flags, Func<string, JsonNode?> readYaml)
    {
        var options = new ProxyOptions();
        if (flags.Get("config") is { } file)
        {
            try
            {
                options = KubeProxyConfiguration.Read(readYaml(file), options);
            }
            catch (ConfigurationException e)
            {
                throw new ConfigurationException($"{file}: {e.Message}");
            }
        }

        options = options with
        {
            Kubeconfig = flags.Get("kubeconfig") ?? options.Kubeconfig,
            Master = flags.Get("master") ?? options.Master,
            NodeName = flags.Get("hostname-override") is { Length: > 0 } name ? name : options.NodeName,
            Mode = flags.Get("proxy-mode") is { } mode ? ProxyValues.Mode("--proxy-mode", mode) : options.Mode,
            ClusterCidrs = flags.Get("cluster-cidr") is { } cidr ? ProxyValues.ClusterCidrs("--cluster-cidr", cidr) : options.ClusterCidrs,
            DetectLocal = flags.Get("detect-local-mode") is { } detect ? ProxyValues.DetectLocal("--detect-local-mode", detect) : options.DetectLocal,
            BridgeInterface = flags.Get("pod-bridge-interface") is { } bridge ? ProxyValues.Interface("--pod-bridge-interface", bridge) : options.BridgeInterface,
            InterfaceNamePrefix = flags.Get("pod-interface-name-prefix") is { } prefix ? ProxyValues.Interface("--pod-interface-name-prefix", prefix) : options.InterfaceNamePrefix,
            NodePorts = flags.Get("nodeport-addresses") is { } addresses
                ? ProxyValues.NodePorts("--nodeport-addresses", addresses.Split(',', StringSplitOptions.RemoveEmptyEntries))
                : options.NodePorts,
            MasqueradeAll = flags.IsGiven("masquerade-all") ? flags.IsSet("masquerade-all") : options.MasqueradeAll,
            MasqueradeBit = flags.IsGiven("masquerade-bit") ? flags.GetInt("masquerade-bit", 0, 31) : options.MasqueradeBit,
            Ipvs = options.Ipvs with
            {
                Scheduler = flags.Get("ipvs-scheduler") is { } scheduler ? ProxyValues.Scheduler("--ipvs-scheduler", scheduler) : options.Ipvs.Scheduler,
                ExcludeCidrs = flags.Get("ipvs-exclude-cidrs") is { } exclude
                    ? ProxyValues.ExcludeCidrs("--ipvs-exclude-cidrs", exclude.Split(',', StringSplitOptions.RemoveEmptyEntries))
                    : options.Ipvs.ExcludeCidrs,
                StrictArp = flags.IsGiven("ipvs-strict-arp") ? flags.IsSet("ipvs-strict-arp") : options.Ipvs.StrictArp,
                TcpTimeout = flags.IsGiven("ipvs-tcp-timeout") ? flags.GetDuration("ipvs-tcp-timeout") : options.Ipvs.TcpTimeout,
                TcpFinTimeout = flags.IsGiven("ipvs-tcpfin-timeout") ? flags.GetDuration("ipvs-tcpfin-timeout") : options.Ipvs.TcpFinTimeout,
                UdpTimeout = flags.IsGiven("ipvs-udp-timeout") ? flags.GetDuration("ipvs-udp-timeout") : options.Ipvs.UdpTimeout,
            },
            LocalhostNodePorts = flags.IsGiven("iptables-localhost-nodeports") ? flags.IsSet("iptables-localhost-nodeports") : options.LocalhostNodePorts,
            SyncPeriod = flags.IsGiven("sync-period") ? flags.GetDuration("sync-period") : options.SyncPeriod,
            MinSyncPeriod = flags.IsGiven("min-sync-period") ? flags.GetDuration("min-sync-period")
                : flags.Get("proxy-mode") == "iptables" && options.Mode != ProxyMode.Iptables ? ProxyOptions.IptablesMinSyncPeriod
                : options.MinSyncPeriod,
            HealthzBindAddress = flags.Get("healthz-bind-address") ?? options.HealthzBindAddress,
            MetricsBindAddress = flags.Get("metrics-bind-address") ?? options.MetricsBindAddress,
            BindAddressHardFail = flags.IsGiven("bind-address-hard-fail") ? flags.IsSet("bind-address-hard-fail") : options.BindAddressHardFail,
            Cleanup = flags.IsSet("cleanup"),
            DryRun = flags.IsSet("dry-run"),
            Verbosity = flags.Verbosity,
        };
        return Check(UpstreamFlags.Read(flags, options));
    }

    private static ProxyOptions Check(ProxyOptions options)
    {
        if (options.DetectLocal == DetectLocalMode.BridgeInterface && options.BridgeInterface is null)
        {
            throw new ConfigurationException("detectLocalMode BridgeInterface needs detectLocal.bridgeInterface (--pod-bridge-interface)");
        }

        if (options.DetectLocal == DetectLocalMode.InterfaceNamePrefix && options.InterfaceNamePrefix is null)
        {
            throw new ConfigurationException("detectLocalMode InterfaceNamePrefix needs detectLocal.interfaceNamePrefix (--pod-interface-name-prefix)");
        }

        if (options.SyncPeriod <= TimeSpan.Zero || options.MinSyncPeriod < TimeSpan.Zero || options.MinSyncPeriod > options.SyncPeriod)
        {
            throw new ConfigurationException($"syncPeriod ({options.SyncPeriod}) must be above zero and not below minSyncPeriod ({options.MinSyncPeriod})");
        }

        return options;
    }
}
