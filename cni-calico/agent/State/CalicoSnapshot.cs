using Podwire.CniCalico.Ipam.Api;
using Podwire.CniCalico.Ipam.Pools;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.State;

/// <summary>Everything that routes, sessions and rules follow from.</summary>
internal sealed record CalicoSnapshot
{
    /// <summary>This node, with the addresses that its links have.</summary>
    public required NodeRecord Self { get; init; }

    /// <summary>The name of the link that has this node's address; empty where this node does not count.</summary>
    public string Link { get; init; } = string.Empty;

    /// <summary>The other nodes by name.</summary>
    public IReadOnlyList<NodeRecord> Others { get; init; } = [];

    public PoolTable Pools { get; init; } = PoolTable.Empty;

    /// <summary>All blocks.</summary>
    public IReadOnlyList<BlockRecord> Blocks { get; init; } = [];

    /// <summary>This node's blocks, the newest too.</summary>
    public IReadOnlyList<IpPrefix> OwnBlocks { get; init; } = [];

    /// <summary>Addresses of this node in others' blocks.</summary>
    public IReadOnlyList<IpAddress> Borrowed { get; init; } = [];

    /// <summary>BGPConfiguration «default», with what «node.NAME» says instead.</summary>
    public BgpConfigurationSpec Bgp { get; init; } = new();

    public IReadOnlyList<BgpPeer> Peers { get; init; } = [];

    public IReadOnlyDictionary<string, BgpFilter> Filters { get; init; } = new Dictionary<string, BgpFilter>();

    /// <summary>Passwords by NAME/KEY of their Secret in kube-system.</summary>
    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<ServiceRecord> Services { get; init; } = [];

    /// <summary>This node's pods, if a BGPPeer has sessions with some.</summary>
    public IReadOnlyList<WorkloadRecord> Workloads { get; init; } = [];

    /// <summary>Where the speaker tells its state.</summary>
    public string StateSocket { get; init; } = "/run/podwire-bgp/state.sock";
}
