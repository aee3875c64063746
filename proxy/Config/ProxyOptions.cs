using Podwire.Primitives;

namespace Podwire.Proxy.Config;

/// <summary>Everything that the configuration file and the flags say, with kube-proxy's defaults where they say nothing.</summary>
internal sealed record ProxyOptions
{
    /// <summary>The kubeconfig file, or null (then <see cref="Master"/>).</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The API server's address, overriding the kubeconfig's; plain http works without credentials.</summary>
    public string? Master { get; init; }

    /// <summary>The node's name; the host name in lower case unless given.</summary>
    public string NodeName { get; init; } = System.Net.Dns.GetHostName().ToLowerInvariant();

    /// <summary>The mode.</summary>
    public ProxyMode Mode { get; init; } = ProxyMode.Nftables;

    /// <summary>clusterCIDR, at most one prefix of each family.</summary>
    public IReadOnlyList<IpPrefix> ClusterCidrs { get; init; } = [];

    /// <summary>detectLocalMode.</summary>
    public DetectLocalMode DetectLocal { get; init; }

    /// <summary>detectLocal.bridgeInterface.</summary>
    public string? BridgeInterface { get; init; }

    /// <summary>detectLocal.interfaceNamePrefix.</summary>
    public string? InterfaceNamePrefix { get; init; }

    /// <summary>The ranges of Service addresses, where they are given rather than read from ServiceCIDR objects.</summary>
    public IReadOnlyList<IpPrefix> ServiceCidrs { get; init; } = [];

    /// <summary>nodePortAddresses.</summary>
    public NodePortAddresses NodePorts { get; init; } = NodePortAddresses.All;

    /// <summary>Masquerade all traffic through cluster IPs.</summary>
    public bool MasqueradeAll { get; init; }

    /// <summary>The bit of the packet mark that asks for masquerading, 0 to 31.</summary>
    public int MasqueradeBit { get; init; } = 14;

    /// <summary>Node ports answer at 127.0.0.0/8 too; mode iptables, IPv4.</summary>
    public bool LocalhostNodePorts { get; init; } = true;

    /// <summary>The section ipvs; mode ipvs.</summary>
    public IpvsOptions Ipvs { get; init; } = new();

    /// <summary>The longest time between two checks of the whole table.</summary>
    public TimeSpan SyncPeriod { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The default of <see cref="MinSyncPeriod"/> in mode iptables, as kube-proxy's: a run starts a program, and what it costs grows with the tables.</summary>
    public static TimeSpan IptablesMinSyncPeriod { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The shortest time between two changes of the kernel: 0 commits at once.</summary>
    public TimeSpan MinSyncPeriod { get; init; } = TimeSpan.Zero;

    /// <summary>Where /healthz and /livez are served; empty for nowhere.</summary>
    public string HealthzBindAddress { get; init; } = "0.0.0.0:10256";

    /// <summary>Where /metrics and /proxyMode are served; empty for nowhere.</summary>
    public string MetricsBindAddress { get; init; } = "127.0.0.1:10249";

    /// <summary>A listening address that cannot be had ends the proxy.</summary>
    public bool BindAddressHardFail { get; init; }

    /// <summary>conntrack.tcpBeLiberal: then INVALID packets are not dropped.</summary>
    public bool ConntrackTcpBeLiberal { get; init; }

    /// <summary>The conntrack time-outs that are to be set, by sysctl below net.netfilter, in seconds.</summary>
    public IReadOnlyDictionary<string, int> ConntrackTimeouts { get; init; } = new Dictionary<string, int>();

    /// <summary>conntrack.maxPerCore: nf_conntrack_max is raised to this many for each processor; 0 leaves it.</summary>
    public int ConntrackMaxPerCore { get; init; } = 32768;

    /// <summary>conntrack.min: nf_conntrack_max is raised to this many in any case, unless <see cref="ConntrackMaxPerCore"/> is 0.</summary>
    public int ConntrackMin { get; init; } = 131072;

    /// <summary>oomScoreAdj; null: kube-proxy's default of -999 is tried, and a failure is not worth a word.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Set the sysctls and end.</summary>
    public bool InitOnly { get; init; }

    /// <summary>Write the default configuration to this file and end, or null.</summary>
    public string? WriteConfigTo { get; init; }

    /// <summary>Remove every rule of the proxy and end.</summary>
    public bool Cleanup { get; init; }

    /// <summary>Print what would change, change nothing, and end.</summary>
    public bool DryRun { get; init; }

    /// <summary>How much is logged.</summary>
    public int Verbosity { get; init; }

    /// <summary>Keys that kube-proxy knows and that have no effect here: logged once at start.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>The bit as a mask: 0x00004000.</summary>
    public uint MasqueradeMark => 1u << MasqueradeBit;
}
