using Podwire.Primitives;

namespace Podwire.Proxy.Tests.Model;

/// <summary>The first packet of a connection.</summary>
/// <param name="Source">Its source address.</param>
/// <param name="Destination">Where the client wants to go.</param>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Port">The destination port.</param>
/// <param name="Interface">Where it came in; null if a process of the node sent it.</param>
internal sealed record TestPacket(IpAddress Source, IpAddress Destination, IpProtocol Protocol, ushort Port, string? Interface)
{
    public override string ToString() => $"{Protocol} {Source} -> {Destination}:{Port} via {Interface ?? "(node)"}";
}
