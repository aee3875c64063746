namespace Podwire.Kube.Objects;

/// <summary>What a service is to be.</summary>
public sealed class ServiceSpec : KubeValue
{
    /// <summary>The ports.</summary>
    public List<ServicePort> Ports { get => field ??= []; set; }

    /// <summary>Which pods; empty means that someone else makes the endpoints.</summary>
    public Dictionary<string, string> Selector { get => field ??= new(StringComparer.Ordinal); set; }

    /// <summary>The address; <c>None</c> for a headless service, empty until allocated.</summary>
    public string? ClusterIP { get; set; }

    /// <summary>The same, one per family, <see cref="ClusterIP"/> first.</summary>
    public List<string> ClusterIPs { get => field ??= []; set; }

    /// <summary><c>ClusterIP</c> (default), <c>NodePort</c>, <c>LoadBalancer</c> or <c>ExternalName</c>.</summary>
    public string? Type { get; set; }

    /// <summary>Further addresses that nodes answer for.</summary>
    public List<string> ExternalIPs { get => field ??= []; set; }

    /// <summary><c>None</c> (default) or <c>ClientIP</c>.</summary>
    public string? SessionAffinity { get; set; }

    /// <summary>How long the affinity holds.</summary>
    public SessionAffinityConfig? SessionAffinityConfig { get; set; }

    /// <summary>Wanted address of the balancer; deprecated.</summary>
    public string? LoadBalancerIP { get; set; }

    /// <summary>Prefixes that may use the balancer; all if empty.</summary>
    public List<string> LoadBalancerSourceRanges { get => field ??= []; set; }

    /// <summary>Who provides the balancer.</summary>
    public string? LoadBalancerClass { get; set; }

    /// <summary>The name an ExternalName service stands for.</summary>
    public string? ExternalName { get; set; }

    /// <summary><c>Cluster</c> (default) or <c>Local</c>.</summary>
    public string? ExternalTrafficPolicy { get; set; }

    /// <summary><c>Cluster</c> (default) or <c>Local</c>.</summary>
    public string? InternalTrafficPolicy { get; set; }

    /// <summary>Port where nodes say whether they have local endpoints.</summary>
    public int? HealthCheckNodePort { get; set; }

    /// <summary>True: endpoints count as ready in any case.</summary>
    public bool? PublishNotReadyAddresses { get; set; }

    /// <summary><c>IPv4</c>, <c>IPv6</c>, in order of preference.</summary>
    public List<string> IPFamilies { get => field ??= []; set; }

    /// <summary><c>SingleStack</c>, <c>PreferDualStack</c> or <c>RequireDualStack</c>.</summary>
    public string? IPFamilyPolicy { get; set; }

    /// <summary>False: a LoadBalancer service gets no node ports.</summary>
    public bool? AllocateLoadBalancerNodePorts { get; set; }

    /// <summary>A wish, such as <c>PreferClose</c>.</summary>
    public string? TrafficDistribution { get; set; }
}
