using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A session that a node misses.</summary>
public sealed class BgpSessionFailure : KubeValue
{
    /// <summary>The node that tells.</summary>
    public string Node { get; set; } = "";

    /// <summary>The neighbour's address.</summary>
    public string Peer { get; set; } = "";

    /// <summary>Why, as far as the node knows.</summary>
    public string Message { get; set; } = "";
}
