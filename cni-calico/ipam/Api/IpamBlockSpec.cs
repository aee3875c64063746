using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What an IPAMBlock says.</summary>
public sealed class IpamBlockSpec : KubeValue
{
    /// <summary>The block's network.</summary>
    public string Cidr { get; set; } = "";

    /// <summary>Whose block it is: <c>host:NODE</c>; null for nobody's.</summary>
    public string? Affinity { get; set; }

    /// <summary>For each address the index of its attributes; null if it is free.</summary>
    public List<int?>? Allocations { get; set; }

    /// <summary>Whose addresses are.</summary>
    public List<BlockAttribute>? Attributes { get; set; }

    /// <summary>The free addresses; the first is the next to be taken.</summary>
    public List<int>? Unallocated { get; set; }

    /// <summary>Other nodes may not borrow from it.</summary>
    public bool StrictAffinity { get; set; }

    /// <summary>It is about to go.</summary>
    public bool Deleted { get; set; }

    /// <summary>Counts its changes.</summary>
    public long SequenceNumber { get; set; }

    /// <summary>For each taken address the number at which it was taken.</summary>
    public Dictionary<string, long> SequenceNumberForAllocation { get => field ??= new(StringComparer.Ordinal); set; }
}
