using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What a BlockAffinity says.</summary>
public sealed class BlockAffinitySpec : KubeValue
{
    /// <summary>The block.</summary>
    public string Cidr { get; set; } = "";

    /// <summary>The node.</summary>
    public string Node { get; set; } = "";

    /// <summary>pending, confirmed or pendingDeletion.</summary>
    public string State { get; set; } = "";

    /// <summary><c>true</c> or <c>false</c>, as text.</summary>
    public string Deleted { get; set; } = "";

    /// <summary>host, unless given.</summary>
    public string? Type { get; set; }
}
