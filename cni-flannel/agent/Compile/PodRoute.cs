using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>The route to another node's pods.</summary>
/// <param name="Node">The node; this one for the route to the whole network that the udp back end has.</param>
/// <param name="Destination">Its pod subnet.</param>
/// <param name="Gateway">The vxlan device's address there, or the node's own; null if the device itself is the way.</param>
/// <param name="Device">The back end's device here; null for the underlay interface.</param>
internal sealed record PodRoute(string Node, IpPrefix Destination, IpAddress? Gateway, string? Device);
