using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Model;

/// <summary>The first packet of a connection on its way through the node, behind any translation of the destination.</summary>
internal sealed record TestPacket(IpAddress Source, IpAddress Destination, IpProtocol Protocol, ushort Port)
{
    public override string ToString() => $"{Protocol} {Source} -> {Destination}:{Port}";
}
