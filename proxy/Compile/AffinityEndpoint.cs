using Podwire.Proxy.State;

namespace Podwire.Proxy.Compile;

/// <summary>One endpoint of a Service port with ClientIP affinity: a set of the clients that stick to it and the chain that sends them there.</summary>
/// <param name="Target">The endpoint.</param>
/// <param name="Set">The name of the set of clients.</param>
/// <param name="Chain">The name of the chain.</param>
internal readonly record struct AffinityEndpoint(EndpointAddress Target, string Set, string Chain);
