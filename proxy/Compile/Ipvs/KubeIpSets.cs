using Podwire.Primitives;
using Podwire.Ruleset.IpSets;

namespace Podwire.Proxy.Compile.Ipvs;

/// <summary>Names and types of the sets, as kube-proxy has them: the iptables rules and the guides to debugging speak of them.</summary>
internal static class KubeIpSets
{
    /// <summary>As many entries as a set of kube-proxy's may have; a larger one replaces it where they do not fit.</summary>
    public const uint UsualElements = 65536;

    /// <summary>A set that is filled aside and then swapped in.</summary>
    public const string Scratch = "KUBE-PODWIRE-SWAP";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KubeIpSet> All { get; } = Enum.GetValues<KubeIpSet>();

    /// <summary>The set's name: IPv6 ones begin with KUBE-6-, and what is longer than the kernel allows is cut there.</summary>
    public static string NameOf(KubeIpSet set, IpFamily family)
    {
        var name = BaseName(set);
        if (family == IpFamily.V4)
        {
            return name;
        }

        name = string.Concat("KUBE-6-", name.AsSpan("KUBE-".Length));
        return name.Length <= IpSetSpec.MaxNameLength ? name : name[..IpSetSpec.MaxNameLength];
    }

    /// <summary>The set without entries.</summary>
    public static IpSetSpec SpecOf(KubeIpSet set, IpFamily family) => new(NameOf(set, family), TypeOf(set), family) { MaxElements = UsualElements };

    /// <summary>What an iptables rule looks at of a packet: one word for each part of an entry.</summary>
    public static string Directions(KubeIpSet set) => TypeOf(set) switch
    {
        IpSetType.BitmapPort or IpSetType.HashIp => "dst",
        IpSetType.HashIpPortIp or IpSetType.HashIpPortNet => "dst,dst,src",
        _ => "dst,dst",
    };

    /// <summary>What kube-proxy writes as the comment of the rule that asks the set.</summary>
    public static string CommentOf(KubeIpSet set) => set switch
    {
        KubeIpSet.LoopBack => "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose",
        KubeIpSet.ClusterIp => "Kubernetes service cluster ip + port for masquerade purpose",
        KubeIpSet.ExternalIp => "Kubernetes service external ip + port for masquerade and filter purpose",
        KubeIpSet.ExternalIpLocal => "Kubernetes service external ip + port with externalTrafficPolicy=local",
        KubeIpSet.LoadBalancer => "Kubernetes service lb portal",
        KubeIpSet.LoadBalancerFirewall => "Kubernetes service load balancer ip + port for load balancer with sourceRange",
        KubeIpSet.LoadBalancerLocal => "Kubernetes service load balancer ip + port with externalTrafficPolicy=local",
        KubeIpSet.LoadBalancerSourceIp => "Kubernetes service load balancer ip + port + source IP for packet filter purpose",
        KubeIpSet.LoadBalancerSourceCidr => "Kubernetes service load balancer ip + port + source cidr for packet filter",
        KubeIpSet.NodePortTcp => "Kubernetes nodeport TCP port for masquerade purpose",
        KubeIpSet.NodePortLocalTcp => "Kubernetes nodeport TCP port with externalTrafficPolicy=local",
        KubeIpSet.NodePortUdp => "Kubernetes nodeport UDP port for masquerade purpose",
        KubeIpSet.NodePortLocalUdp => "Kubernetes nodeport UDP port with externalTrafficPolicy=local",
        KubeIpSet.NodePortSctp => "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'",
        KubeIpSet.NodePortLocalSctp => "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'",
        KubeIpSet.HealthCheckNodePort => "Kubernetes health check node port",
        _ => "Kubernetes ipvs ips",
    };

    private static IpSetType TypeOf(KubeIpSet set) => set switch
    {
        KubeIpSet.LoopBack or KubeIpSet.LoadBalancerSourceIp => IpSetType.HashIpPortIp,
        KubeIpSet.LoadBalancerSourceCidr => IpSetType.HashIpPortNet,
        KubeIpSet.NodePortTcp or KubeIpSet.NodePortLocalTcp or KubeIpSet.NodePortUdp or KubeIpSet.NodePortLocalUdp or KubeIpSet.HealthCheckNodePort => IpSetType.BitmapPort,
        KubeIpSet.IpvsIps => IpSetType.HashIp,
        _ => IpSetType.HashIpPort,
    };

    private static string BaseName(KubeIpSet set) => set switch
    {
        KubeIpSet.LoopBack => "KUBE-LOOP-BACK",
        KubeIpSet.ClusterIp => "KUBE-CLUSTER-IP",
        KubeIpSet.ExternalIp => "KUBE-EXTERNAL-IP",
        KubeIpSet.ExternalIpLocal => "KUBE-EXTERNAL-IP-LOCAL",
        KubeIpSet.LoadBalancer => "KUBE-LOAD-BALANCER",
        KubeIpSet.LoadBalancerFirewall => "KUBE-LOAD-BALANCER-FW",
        KubeIpSet.LoadBalancerLocal => "KUBE-LOAD-BALANCER-LOCAL",
        KubeIpSet.LoadBalancerSourceIp => "KUBE-LOAD-BALANCER-SOURCE-IP",
        KubeIpSet.LoadBalancerSourceCidr => "KUBE-LOAD-BALANCER-SOURCE-CIDR",
        KubeIpSet.NodePortTcp => "KUBE-NODE-PORT-TCP",
        KubeIpSet.NodePortLocalTcp => "KUBE-NODE-PORT-LOCAL-TCP",
        KubeIpSet.NodePortUdp => "KUBE-NODE-PORT-UDP",
        KubeIpSet.NodePortLocalUdp => "KUBE-NODE-PORT-LOCAL-UDP",
        KubeIpSet.NodePortSctp => "KUBE-NODE-PORT-SCTP-HASH",
        KubeIpSet.NodePortLocalSctp => "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
        KubeIpSet.HealthCheckNodePort => "KUBE-HEALTH-CHECK-NODE-PORT",
        KubeIpSet.IpvsIps => "KUBE-IPVS-IPS",
        _ => throw new ArgumentOutOfRangeException(nameof(set), set, null),
    };
}
