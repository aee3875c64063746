using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Compile;

/// <summary>The route to another node's pods.</summary>
/// <param name="Node">The node.</param>
/// <param name="Destination">Its pod subnet.</param>
/// <param name="Gateway">The vxlan device's address there, or the node's own.</param>
/// <param name="Device">The vxlan device here; null for the underlay interface.</param>
internal sealed record PodRoute(string Node, IpPrefix Destination, IpAddress Gateway, string? Device);
