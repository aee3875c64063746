using Podwire.Primitives;
using Podwire.Proxy.State;

namespace Podwire.Proxy.Flows;

/// <summary>A tracked connection, as far as it tells where it was meant to go and where it went.</summary>
/// <param name="Protocol">The transport protocol.</param>
/// <param name="Destination">Where the client sent to.</param>
/// <param name="Peer">Who answers: the source of the reply direction, so the endpoint if the destination was translated.</param>
internal readonly record struct Flow(IpProtocol Protocol, EndpointAddress Destination, EndpointAddress Peer);
