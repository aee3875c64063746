using Podwire.CniFlannel.Agent.Compile;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>What the kernel shall hold for one node in one family; all of it null for none.</summary>
/// <param name="Vtep">The neighbour and the FDB entry of its vxlan device.</param>
/// <param name="Route">The route to its pods.</param>
/// <param name="Hop">The udp back end's entry.</param>
internal readonly record struct PeerPlan(VtepPeer? Vtep, PodRoute? Route, TunPeer? Hop)
{
    /// <summary>The pod subnet; null if there is nothing.</summary>
    public IpPrefix? Subnet => Route?.Destination ?? Hop?.Subnet;
}
