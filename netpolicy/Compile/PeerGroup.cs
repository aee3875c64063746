using Podwire.NetPolicy.State;
using Podwire.Primitives;

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

    /// <summary>Those of them that keep elements of their own for whoever is in it.</summary>
    public HashSet<PolicyClass> Trackers { get; } = [];

    /// <summary>How many classes ask the group's own set.</summary>
    public int SetUsers { get; set; }

    /// <summary>What is in the group's own set, of both families; null while no class asks it.</summary>
    public HashSet<IpAddress>? Elements { get; set; }

    /// <summary>The name of the group's own set: what a name means never changes.</summary>
    public string SetName => field ??= ClassSets.NameOf("peers", Text);

    /// <summary>The text of a peer; null for a block, which is no group.</summary>
    public static string? TextOf(PeerRecord peer) => peer switch
    {
        { Pods: { } pods } => $"pods {pods.Text}",
        { Nodes: { } nodes } => $"nodes {nodes.Text}",
        { Domain: { } domain } => $"domain {domain}",
        _ => null,
    };
}
