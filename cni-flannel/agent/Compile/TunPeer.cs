using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>Where the udp back end sends what is for another node's pods.</summary>
/// <param name="Node">The node.</param>
/// <param name="Subnet">Its pod subnet.</param>
/// <param name="PublicIp">The node's public address.</param>
internal sealed record TunPeer(string Node, IpPrefix Subnet, IpAddress PublicIp);
