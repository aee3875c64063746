using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What a BGPConfiguration says.</summary>
public sealed class BgpConfigurationSpec : KubeValue
{
    /// <summary>The cluster's AS number; 64512 unless given.</summary>
    public uint? AsNumber { get; set; }

    /// <summary>Every node has a session with every other; true unless given.</summary>
    public bool? NodeToNodeMeshEnabled { get; set; }

    /// <summary>The key of the mesh's sessions.</summary>
    public BgpPassword? NodeMeshPassword { get; set; }

    /// <summary>How long the mesh keeps the routes of a node that restarts.</summary>
    public string? NodeMeshMaxRestartTime { get; set; }

    /// <summary>Where sessions are taken; 179 unless given.</summary>
    public int? ListenPort { get; set; }

    /// <summary>None: every address; NodeIP: the node's own.</summary>
    public string? BindMode { get; set; }

    /// <summary>Ranges of ClusterIPs that are announced.</summary>
    public List<BgpCidr> ServiceClusterIPs { get => field ??= []; set; }

    /// <summary>Ranges whose external addresses are announced.</summary>
    public List<BgpCidr> ServiceExternalIPs { get => field ??= []; set; }

    /// <summary>Ranges of load balancers' addresses that are announced.</summary>
    public List<BgpCidr> ServiceLoadBalancerIPs { get => field ??= []; set; }

    /// <summary>Enabled: ranges as a whole; Disabled: single addresses.</summary>
    public string? ServiceLoadBalancerAggregation { get; set; }

    /// <summary>Names for communities.</summary>
    public List<BgpCommunity> Communities { get => field ??= []; set; }

    /// <summary>Communities by network.</summary>
    public List<BgpAdvertisement> PrefixAdvertisements { get => field ??= []; set; }

    /// <summary>Interfaces whose routes are not taken.</summary>
    public List<string> IgnoredInterfaces { get => field ??= []; set; }

    /// <summary>How much is logged.</summary>
    public string? LogSeverityScreen { get; set; }
}
