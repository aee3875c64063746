using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What an IPPool says.</summary>
public sealed class IpPoolSpec : KubeValue
{
    /// <summary>The pool's network.</summary>
    public string Cidr { get; set; } = "";

    /// <summary>The prefix length of the blocks that nodes take from it; 26, or 122 for IPv6, unless given.</summary>
    public int? BlockSize { get; set; }

    /// <summary>Always, CrossSubnet or Never: whether packets between nodes are put into IPIP.</summary>
    public string? IpipMode { get; set; }

    /// <summary>Always, CrossSubnet or Never: whether packets between nodes are put into VXLAN.</summary>
    public string? VxlanMode { get; set; }

    /// <summary>Packets that leave the pools get their node's address.</summary>
    public bool NatOutgoing { get; set; }

    /// <summary>No new address is taken from it.</summary>
    public bool Disabled { get; set; }

    /// <summary>BGP neighbours are not told of it.</summary>
    public bool DisableBGPExport { get; set; }

    /// <summary>The nodes that take blocks from it; all unless given.</summary>
    public string? NodeSelector { get; set; }

    /// <summary>The namespaces whose pods get its addresses; all unless given.</summary>
    public string? NamespaceSelector { get; set; }

    /// <summary>Workload, Tunnel, LoadBalancer; the first two unless given.</summary>
    public List<string> AllowedUses { get => field ??= []; set; }

    /// <summary>Automatic, or Manual: only those who name it get its addresses.</summary>
    public string? AssignmentMode { get; set; }
}
