using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A rule; all conditions must hold.</summary>
public sealed class BgpFilterRule : KubeValue
{
    /// <summary>Accept or Reject.</summary>
    public string Action { get; set; } = "";

    /// <summary>A network.</summary>
    public string? Cidr { get; set; }

    /// <summary>How the route is compared with it: In, NotIn, Equal, NotEqual.</summary>
    public string? MatchOperator { get; set; }

    /// <summary>Bounds of the route's length.</summary>
    public BgpPrefixLength? PrefixLength { get; set; }

    /// <summary>RemotePeers: only what was learned from others.</summary>
    public string? Source { get; set; }

    /// <summary>A pattern (* and ?) of the link that packets leave by.</summary>
    public string? Interface { get; set; }

    /// <summary>eBGP or iBGP.</summary>
    public string? PeerType { get; set; }

    /// <summary>The route has all of these.</summary>
    public BgpFilterCommunities? Communities { get; set; }

    /// <summary>The path begins with these.</summary>
    public List<uint> AsPathPrefix { get => field ??= []; set; }

    /// <summary>The priority that an import filter gave the route; 1024 for none.</summary>
    public int? Priority { get; set; }

    /// <summary>Changes of accepted routes.</summary>
    public List<BgpFilterOperation> Operations { get => field ??= []; set; }
}
