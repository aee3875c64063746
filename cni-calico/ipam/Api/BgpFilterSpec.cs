using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What a BGPFilter says.</summary>
public sealed class BgpFilterSpec : KubeValue
{
    /// <summary>IPv4 routes to tell.</summary>
    public List<BgpFilterRule> ExportV4 { get => field ??= []; set; }

    /// <summary>IPv4 routes to take.</summary>
    public List<BgpFilterRule> ImportV4 { get => field ??= []; set; }

    /// <summary>IPv6 routes to tell.</summary>
    public List<BgpFilterRule> ExportV6 { get => field ??= []; set; }

    /// <summary>IPv6 routes to take.</summary>
    public List<BgpFilterRule> ImportV6 { get => field ??= []; set; }
}
