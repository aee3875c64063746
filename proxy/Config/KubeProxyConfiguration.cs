using System.Text.Json.Nodes;

namespace Podwire.Proxy.Config;

/// <summary>
/// Reads KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) as Kubernetes 1.32 defines it. Keys that kube-proxy does
/// not know are refused; keys that it knows and that mean nothing here are listed in <see cref="ProxyOptions.WithoutEffect"/>.
/// </summary>
internal static class KubeProxyConfiguration
{
    private const string Group = "kubeproxy.config.k8s.io/v1alpha1";

    /// <summary>The options that the document asks for, on top of <paramref name="defaults"/>.</summary>
    /// <exception cref="ConfigurationException">A key or a value that cannot be used, named by its path.</exception>
    public static ProxyOptions Read(JsonNode? document, ProxyOptions defaults)
    {
        if (document is not JsonObject top)
        {
            throw new ConfigurationException("the configuration file holds no object");
        }

        var root = new ConfigurationNode(string.Empty, top);
        if (root.Text("apiVersion") is var version && version != Group || root.Text("kind") is not "KubeProxyConfiguration")
        {
            throw new ConfigurationException($"the configuration file must be {Group} KubeProxyConfiguration, not {version ?? "(no apiVersion)"} {root.Text("kind") ?? "(no kind)"}");
        }

        var ignored = new List<string>(root.Ignore("featureGates", "logging", "bindAddress", "enableProfiling", "showHiddenMetricsForVersion", "configSyncPeriod", "portRange", "windowsRunAsService"));
        var options = defaults with
        {
            NodeName = root.Text("hostnameOverride") is { Length: > 0 } name ? name : defaults.NodeName,
            HealthzBindAddress = root.Text("healthzBindAddress") ?? defaults.HealthzBindAddress,
            MetricsBindAddress = root.Text("metricsBindAddress") ?? defaults.MetricsBindAddress,
            BindAddressHardFail = root.Flag("bindAddressHardFail") ?? false,
            OomScoreAdj = root.Int("oomScoreAdj", -1000, 1000),
            Mode = ProxyValues.Mode("mode", root.Text("mode") ?? string.Empty),
            ClusterCidrs = ProxyValues.ClusterCidrs("clusterCIDR", root.Text("clusterCIDR") ?? string.Empty),
            NodePorts = ProxyValues.NodePorts("nodePortAddresses", root.Texts("nodePortAddresses") ?? []),
            DetectLocal = ProxyValues.DetectLocal("detectLocalMode", root.Text("detectLocalMode") ?? string.Empty),
        };
        options = ReadDetectLocal(root.Object("detectLocal"), options);
        options = ReadNftables(root.Object("nftables"), options);
        options = ReadIptables(root.Object("iptables"), options);
        options = ReadIpvs(root.Object("ipvs"), options);
        options = ReadConnection(root.Object("clientConnection"), options, ignored);
        options = ReadConntrack(root.Object("conntrack"), options);
        ReadOtherModes(root);
        root.Done();
        return options with { WithoutEffect = ignored };
    }

    private static ProxyOptions ReadDetectLocal(ConfigurationNode node, ProxyOptions options)
    {
        options = options with
        {
            BridgeInterface = node.Text("bridgeInterface") is { Length: > 0 } bridge ? ProxyValues.Interface("detectLocal.bridgeInterface", bridge) : null,
            InterfaceNamePrefix = node.Text("interfaceNamePrefix") is { Length: > 0 } prefix ? ProxyValues.Interface("detectLocal.interfaceNamePrefix", prefix) : null,
        };
        node.Done();
        return options;
    }

    private static ProxyOptions ReadNftables(ConfigurationNode node, ProxyOptions options)
    {
        options = options with
        {
            MasqueradeAll = node.Flag("masqueradeAll") ?? options.MasqueradeAll,
            MasqueradeBit = node.Int("masqueradeBit", 0, 31) ?? options.MasqueradeBit,
            SyncPeriod = node.Duration("syncPeriod") is { Ticks: > 0 } period ? period : options.SyncPeriod,
            MinSyncPeriod = node.Duration("minSyncPeriod") ?? options.MinSyncPeriod,
        };
        node.Done();
        return options;
    }

    /// <summary>The keys mean the same in both sections; each mode reads its own.</summary>
    private static ProxyOptions ReadIptables(ConfigurationNode node, ProxyOptions options)
    {
        var read = options with
        {
            LocalhostNodePorts = node.Flag("localhostNodePorts") ?? true,
            MasqueradeAll = node.Flag("masqueradeAll") ?? false,
            MasqueradeBit = node.Int("masqueradeBit", 0, 31) ?? new ProxyOptions().MasqueradeBit,
            SyncPeriod = node.Duration("syncPeriod") is { Ticks: > 0 } period ? period : new ProxyOptions().SyncPeriod,
            MinSyncPeriod = node.Duration("minSyncPeriod") ?? ProxyOptions.IptablesMinSyncPeriod,
        };
        node.Done();
        return options.Mode switch
        {
            ProxyMode.Iptables => read,
            // kube-proxy reads these two here in mode ipvs as well.
            ProxyMode.Ipvs => options with { MasqueradeAll = read.MasqueradeAll, MasqueradeBit = read.MasqueradeBit },
            _ => options,
        };
    }

    private static ProxyOptions ReadIpvs(ConfigurationNode node, ProxyOptions options)
    {
        var ipvs = new IpvsOptions
        {
            Scheduler = ProxyValues.Scheduler("ipvs.scheduler", node.Text("scheduler") ?? string.Empty),
            ExcludeCidrs = ProxyValues.ExcludeCidrs("ipvs.excludeCIDRs", node.Texts("excludeCIDRs") ?? []),
            StrictArp = node.Flag("strictARP") ?? false,
            TcpTimeout = node.Duration("tcpTimeout") ?? TimeSpan.Zero,
            TcpFinTimeout = node.Duration("tcpFinTimeout") ?? TimeSpan.Zero,
            UdpTimeout = node.Duration("udpTimeout") ?? TimeSpan.Zero,
        };
        var period = node.Duration("syncPeriod") is { Ticks: > 0 } given ? given : new ProxyOptions().SyncPeriod;
        var least = node.Duration("minSyncPeriod") ?? TimeSpan.Zero;
        node.Done();
        return options.Mode == ProxyMode.Ipvs ? options with { Ipvs = ipvs, SyncPeriod = period, MinSyncPeriod = least } : options;
    }

    private static ProxyOptions ReadConnection(ConfigurationNode node, ProxyOptions options, List<string> ignored)
    {
        options = options with { Kubeconfig = node.Text("kubeconfig") is { Length: > 0 } path ? path : options.Kubeconfig };
        ignored.AddRange(node.Ignore("acceptContentTypes", "contentType", "qps", "burst"));
        node.Done();
        return options;
    }

    private static ProxyOptions ReadConntrack(ConfigurationNode node, ProxyOptions options)
    {
        var timeouts = new Dictionary<string, int>();
        foreach (var (key, sysctl) in ConntrackKeys)
        {
            if (node.Duration(key) is { Ticks: > 0 } timeout)
            {
                timeouts[sysctl] = (int)timeout.TotalSeconds;
            }
        }

        options = options with
        {
            ConntrackTcpBeLiberal = node.Flag("tcpBeLiberal") ?? false,
            ConntrackTimeouts = timeouts,
            ConntrackMaxPerCore = node.Int("maxPerCore", 0, int.MaxValue) ?? options.ConntrackMaxPerCore,
            ConntrackMin = node.Int("min", 0, int.MaxValue) ?? options.ConntrackMin,
        };
        node.Done();
        return options;
    }

    private static readonly (string Key, string Sysctl)[] ConntrackKeys =
    [
        ("tcpEstablishedTimeout", "nf_conntrack_tcp_timeout_established"),
        ("tcpCloseWaitTimeout", "nf_conntrack_tcp_timeout_close_wait"),
        ("udpTimeout", "nf_conntrack_udp_timeout"),
        ("udpStreamTimeout", "nf_conntrack_udp_timeout_stream"),
    ];

    /// <summary>The sections of modes that are not in use: their keys are checked by name, their values are not read.</summary>
    private static void ReadOtherModes(ConfigurationNode root)
    {
        var winkernel = root.Object("winkernel");
        winkernel.Ignore("networkName", "sourceVip", "enableDSR", "rootHnsEndpointName", "forwardHealthCheckVip");
        winkernel.Done();
    }
}
