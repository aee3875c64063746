using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>Another node's vxlan device: one ARP entry and one FDB entry here.</summary>
/// <param name="Node">The node.</param>
/// <param name="Vtep">The device's address, the first one of the node's subnet.</param>
/// <param name="Mac">The device's Ethernet address.</param>
/// <param name="Remote">The node's public address.</param>
internal sealed record VtepPeer(string Node, IpAddress Vtep, MacAddress Mac, IpAddress Remote);
