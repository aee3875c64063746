using Podwire.Primitives;

namespace Podwire.Proxy.Explain;

/// <summary>Which packets are traced: the first of each connection with this source, destination, protocol and port.</summary>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Source">The client's address.</param>
/// <param name="Destination">Where it connects to, before any translation.</param>
/// <param name="Port">The port there.</param>
/// <param name="SourcePort">The client's port; null for any, since one rarely knows it beforehand.</param>
internal sealed record TracedConnection(IpProtocol Protocol, IpAddress Source, IpAddress Destination, ushort Port, ushort? SourcePort = null);
