namespace Podwire.CniCalico.Ipam.Pools;

/// <summary>When packets between nodes go through a tunnel.</summary>
public enum TunnelMode
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Between nodes that are not on one link.</summary>
    CrossSubnet,

    /// <summary>Always.</summary>
    Always,
}
