using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What a BGPPeer says.</summary>
public sealed class BgpPeerSpec : KubeValue
{
    /// <summary>The node that has it; all unless this or the selector is given.</summary>
    public string? Node { get; set; }

    /// <summary>The nodes that have it.</summary>
    public string? NodeSelector { get; set; }

    /// <summary>The other end: an address, with a port perhaps.</summary>
    public string? PeerIP { get; set; }

    /// <summary>The nodes at the other end.</summary>
    public string? PeerSelector { get; set; }

    /// <summary>The other end's AS number.</summary>
    public uint? AsNumber { get; set; }

    /// <summary>Another AS number of ours towards it.</summary>
    public uint? LocalASNumber { get; set; }

    /// <summary>The sessions' key.</summary>
    public BgpPassword? Password { get; set; }

    /// <summary>UseNodeIP, or None: the kernel chooses.</summary>
    public string? SourceAddress { get; set; }

    /// <summary>The other end is told next hops unchanged.</summary>
    public bool KeepOriginalNextHop { get; set; }

    /// <summary>Auto, Self or Keep.</summary>
    public string? NextHopMode { get; set; }

    /// <summary>How long the other end keeps our routes while we restart.</summary>
    public string? MaxRestartTime { get; set; }

    /// <summary>The time between keepalives.</summary>
    public string? KeepaliveTime { get; set; }

    /// <summary>How often our AS may stand in its paths.</summary>
    public int? NumAllowedLocalASNumbers { get; set; }

    /// <summary>GTSM: how many hops away it may be.</summary>
    public int? TtlSecurity { get; set; }

    /// <summary>The gateway on the way to it.</summary>
    public string? ReachableBy { get; set; }

    /// <summary>BGPFilters, in order.</summary>
    public List<string> Filters { get => field ??= []; set; }

    /// <summary>Each selected node has sessions with those of its own pods that this selects.</summary>
    public string? LocalWorkloadSelector { get; set; }

    /// <summary>Auto: nodes at the other end have the session too; Manual.</summary>
    public string? ReversePeering { get; set; }
}
