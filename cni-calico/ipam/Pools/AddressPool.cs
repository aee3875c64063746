using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Selectors;
using Podwire.Primitives;

namespace Podwire.CniCalico.Ipam.Pools;

/// <summary>An IPPool, checked.</summary>
public sealed record AddressPool
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its network.</summary>
    public required IpPrefix Cidr { get; init; }

    /// <summary>The length of its blocks.</summary>
    public required int BlockLength { get; init; }

    /// <summary>Whether packets between nodes are put into IPIP.</summary>
    public TunnelMode Ipip { get; init; }

    /// <summary>Whether packets between nodes are put into VXLAN.</summary>
    public TunnelMode Vxlan { get; init; }

    /// <summary>Packets that leave the pools get their node's address.</summary>
    public bool NatOutgoing { get; init; }

    /// <summary>No new address is taken from it.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>BGP neighbours are told of it.</summary>
    public bool IsExported { get; init; } = true;

    /// <summary>Pods get its addresses.</summary>
    public bool IsForWorkloads { get; init; } = true;

    /// <summary>Nodes' tunnel devices get its addresses.</summary>
    public bool IsForTunnels { get; init; } = true;

    /// <summary>Only those who name it get its addresses.</summary>
    public bool IsManual { get; init; }

    /// <summary>The nodes that take blocks from it.</summary>
    public CalicoSelector Nodes { get; init; } = CalicoSelector.All;

    /// <summary>The namespaces whose pods get its addresses.</summary>
    public CalicoSelector Namespaces { get; init; } = CalicoSelector.All;

    /// <summary>True if packets between nodes are put into something, all or some of them.</summary>
    public bool IsTunnelled => Ipip != TunnelMode.Never || Vxlan != TunnelMode.Never;

    /// <summary>Reads an object.</summary>
    /// <exception cref="FormatException">It makes no sense; the message names the field.</exception>
    public static AddressPool Read(IpPool pool)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var spec = pool.Spec;
        if (!IpPrefix.TryParse(spec.Cidr, out var cidr))
        {
            throw new FormatException($"spec.cidr: '{spec.Cidr}' is not a network");
        }

        if (cidr.Masked != cidr)
        {
            throw new FormatException($"spec.cidr: {cidr} has bits beyond its length; {cidr.Masked} may be meant");
        }

        var (least, most, usual) = cidr.Address.IsV4 ? (20, 32, 26) : (116, 128, 122);
        var length = spec.BlockSize is null or 0 ? usual : spec.BlockSize.Value;
        if (length < least || length > most)
        {
            throw new FormatException($"spec.blockSize: {length} is not from {least} to {most}");
        }

        if (length < cidr.Length)
        {
            throw new FormatException($"spec.blockSize: blocks of /{length} are larger than the pool {cidr}");
        }

        var ipip = Mode("ipipMode", spec.IpipMode);
        var vxlan = Mode("vxlanMode", spec.VxlanMode);
        if (ipip != TunnelMode.Never && (vxlan != TunnelMode.Never || cidr.Address.IsV6))
        {
            throw new FormatException(vxlan != TunnelMode.Never ? "spec: ipipMode and vxlanMode exclude one another" : "spec.ipipMode: IPIP carries IPv4 alone");
        }

        return new AddressPool
        {
            Name = pool.Metadata.Name,
            Cidr = cidr,
            BlockLength = length,
            Ipip = ipip,
            Vxlan = vxlan,
            NatOutgoing = spec.NatOutgoing,
            IsDisabled = spec.Disabled,
            IsExported = !spec.DisableBGPExport,
            IsForWorkloads = spec.AllowedUses.Count == 0 || spec.AllowedUses.Contains("Workload"),
            IsForTunnels = spec.AllowedUses.Count == 0 || spec.AllowedUses.Contains("Tunnel"),
            IsManual = spec.AssignmentMode == "Manual",
            Nodes = Selector("nodeSelector", spec.NodeSelector),
            Namespaces = Selector("namespaceSelector", spec.NamespaceSelector),
        };
    }

    private static CalicoSelector Selector(string field, string? text)
    {
        try
        {
            return CalicoSelector.Parse(text);
        }
        catch (FormatException e)
        {
            throw new FormatException($"spec.{field}: {e.Message}", e);
        }
    }

    private static TunnelMode Mode(string field, string? text) => text switch
    {
        null or "" or "Never" => TunnelMode.Never,
        "CrossSubnet" => TunnelMode.CrossSubnet,
        "Always" => TunnelMode.Always,
        _ => throw new FormatException($"spec.{field}: '{text}' is not Always, CrossSubnet or Never"),
    };
}
