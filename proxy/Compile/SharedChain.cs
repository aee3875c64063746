using System.Collections.Concurrent;
using Podwire.Ruleset;

namespace Podwire.Proxy.Compile;

/// <summary>
/// A chain that every frontend of the same kind and the same number of endpoints shares: so that 10,000 Services
/// need a few dozen chains, and a change of endpoints is a change of map elements.
/// </summary>
/// <param name="Kind">What it does.</param>
/// <param name="NodePort">Whether the slots are found by node port or by destination address.</param>
/// <param name="Cluster">How many slots the cluster-wide choice has.</param>
/// <param name="Local">How many slots the choice of this node has; 0 but for <see cref="ChainKind.ExternalLocal"/>.</param>
internal readonly record struct SharedChain(ChainKind Kind, bool NodePort, int Cluster, int Local = 0)
{
    /// <summary>The first slot of the choice of this node, beyond any cluster-wide slot.</summary>
    public const int FirstLocalSlot = 0x10000;

    private static readonly ConcurrentDictionary<SharedChain, Verdict> Known = new();

    /// <summary>The chain's name in the table, such as <c>cluster-3</c> or <c>nodeport-local-3-1</c>.</summary>
    public string Name => Named(this).Chain!;

    /// <summary>The verdict that leads to it.</summary>
    public Verdict Goto => Named(this);

    /// <summary>The chain that this one goes on to, if any.</summary>
    public SharedChain? Next => Kind != ChainKind.Vip && Cluster > 0 ? this with { Kind = ChainKind.Vip, Local = 0 } : null;

    // A few dozen chains have the elements of every Service lead to them: each name is kept once.
    private static Verdict Named(SharedChain chain) => Known.GetOrAdd(chain, static chain => Verdict.Goto(chain.NewName));

    private string NewName => (Kind, NodePort) switch
    {
        (ChainKind.Vip, false) => $"vip-{Cluster}",
        (ChainKind.Vip, true) => $"nodeport-vip-{Cluster}",
        (ChainKind.Cluster, _) => $"cluster-{Cluster}",
        (ChainKind.External, false) => $"external-{Cluster}",
        (ChainKind.External, true) => $"nodeport-{Cluster}",
        (_, false) => $"local-{Cluster}-{Local}",
        _ => $"nodeport-local-{Cluster}-{Local}",
    };
}
