using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What an IPAMConfig says.</summary>
public sealed class IpamConfigSpec : KubeValue
{
    /// <summary>Nodes do not borrow from one another's blocks.</summary>
    public bool StrictAffinity { get; set; }

    /// <summary>Nodes may take new blocks; true unless given.</summary>
    public bool? AutoAllocateBlocks { get; set; }

    /// <summary>How many blocks a node may have; 0 for no bound.</summary>
    public int MaxBlocksPerHost { get; set; }
}
