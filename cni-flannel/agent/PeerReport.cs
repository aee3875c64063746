using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniFlannel.Agent;

/// <summary>Names the nodes that are left out, and what this node waits for, in the log and as events: each once, until it changes.</summary>
internal sealed class PeerReport(ObjectStore<Node> nodes, string self, INodeRegistration registration, ILogger logger)
{
    private Dictionary<string, string> refused = new(StringComparer.Ordinal);
    private string? overlap;

    /// <summary>How many nodes are left out.</summary>
    public int Count => refused.Count;

    /// <summary>After everything was compiled.</summary>
    public void Whole(IReadOnlyList<RefusedPeer> peers, IReadOnlyList<KeyValuePair<string, string>> problems)
    {
        var now = Reasons(peers, problems);
        foreach (var (node, reason) in now)
        {
            Tell(node, reason);
        }

        refused = now;
    }

    /// <summary>After some nodes were compiled.</summary>
    public void Some(IReadOnlyCollection<string> changed, IReadOnlyList<RefusedPeer> peers, IReadOnlyList<KeyValuePair<string, string>> problems)
    {
        var now = Reasons(peers, problems);
        foreach (var node in changed)
        {
            if (now.TryGetValue(node, out var reason))
            {
                Tell(node, reason);
                refused[node] = reason;
            }
            else
            {
                refused.Remove(node);
            }
        }
    }

    /// <summary>Why this node programs nothing yet.</summary>
    public void Waits(string reason)
    {
        FlannelLog.Waiting(logger, reason);
        if (nodes.Get(null, self) is { } node)
        {
            registration.Warn(node, "FlannelWaiting", reason);
        }
    }

    /// <summary>A pod network that holds the nodes' own: pods' subnets may take nodes' addresses, and hosts are taken for pods.</summary>
    public void Overlap(FlannelSnapshot snapshot)
    {
        string? text = null;
        foreach (var family in snapshot.NetConf.Families)
        {
            if (text is null && snapshot.Underlay.Address(family) is { } local && snapshot.NetConf.Network(family) is var network && network.Contains(local))
            {
                text = $"the network {network} of net-conf.json overlaps the nodes' own: it holds {local} of {snapshot.Underlay.Name}; choose another network, or give no node a pod subnet with nodes in it";
            }
        }

        if (text is not null && text != overlap)
        {
            FlannelLog.Overlaps(logger, text);
            if (nodes.Get(null, self) is { } node)
            {
                registration.Warn(node, "FlannelNetworkOverlaps", text);
            }
        }

        overlap = text;
    }

    private static Dictionary<string, string> Reasons(IReadOnlyList<RefusedPeer> peers, IReadOnlyList<KeyValuePair<string, string>> problems)
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var peer in peers)
        {
            Add(peer.Node, peer.Reason);
        }

        foreach (var (node, problem) in problems)
        {
            Add(node, problem);
        }

        return reasons;

        void Add(string node, string reason) => reasons[node] = reasons.TryGetValue(node, out var before) ? $"{before}; {reason}" : reason;
    }

    private void Tell(string peer, string reason)
    {
        if (refused.GetValueOrDefault(peer) == reason)
        {
            return;
        }

        FlannelLog.PeerRefused(logger, peer, reason);
        if (nodes.Get(null, peer) is { } node)
        {
            registration.Warn(node, "FlannelNodeRefused", $"node {self} does not serve it: {reason}");
        }
    }
}
