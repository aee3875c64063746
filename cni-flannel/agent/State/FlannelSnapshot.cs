using Podwire.CniFlannel.Agent.Config;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.State;

/// <summary>All that the desired state follows from, at one moment.</summary>
internal sealed record FlannelSnapshot
{
    /// <summary>The network's configuration.</summary>
    public required NetConf NetConf { get; init; }

    /// <summary>The interface to the other nodes.</summary>
    public required Underlay Underlay { get; init; }

    /// <summary>This node's name.</summary>
    public required string Node { get; init; }

    /// <summary>This node's pod subnets, one for each family in use.</summary>
    public required IReadOnlyDictionary<IpFamily, IpPrefix> Subnets { get; init; }

    /// <summary>The Ethernet addresses of this node's vxlan devices, one for each family in use.</summary>
    public IReadOnlyDictionary<IpFamily, MacAddress> VtepMacs { get; init; } = new Dictionary<IpFamily, MacAddress>();

    /// <summary>The other nodes, in each family, sorted by name.</summary>
    public required IReadOnlyDictionary<IpFamily, IReadOnlyList<NodeLease>> Peers { get; init; }
}
