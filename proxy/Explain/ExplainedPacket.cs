using Podwire.Primitives;

namespace Podwire.Proxy.Explain;

/// <summary>The first packet of the connection that is asked about.</summary>
/// <param name="Source">Its source address.</param>
/// <param name="Destination">Where the client wants to go.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Port">The destination port.</param>
/// <param name="Interface">Where it comes in at this node; null if a process of the node sends it.</param>
internal sealed record ExplainedPacket(IpAddress Source, IpAddress Destination, IpProtocol Protocol, ushort Port, string? Interface);
