using Podwire.NetPolicy.State;

namespace Podwire.NetPolicy.Compile;

/// <summary>What peers of rules select, once however many rules select it: pods, nodes or the addresses of a domain name. Kept only while a class of this node uses it.</summary>
internal sealed class PeerGroup(string text, PeerRecord peer)
{
    /// <summary>Equal for groups that mean the same.</summary>
    public string Text { get; } = text;

    /// <summary>What it selects.</summary>
    public PeerRecord Peer { get; } = peer;

    /// <summary>Who is in it.</summary>
    public HashSet<Entity> Members { get; } = [];

    /// <summary>The classes that have it as a peer.</summary>
    public HashSet<PolicyClass> Users { get; } = [];

    /// <summary>The text of a peer; null for a block, which is no group.</summary>
    public static string? TextOf(PeerRecord peer) => peer switch
    {
        { Pods: { } pods } => $"pods {pods.Text}",
        { Nodes: { } nodes } => $"nodes {nodes.Text}",
        { Domain: { } domain } => $"domain {domain}",
        _ => null,
    };
}
