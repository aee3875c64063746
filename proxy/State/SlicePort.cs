using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>One port of an EndpointSlice: where a Service's port of the same name and protocol leads at these endpoints.</summary>
internal readonly record struct SlicePort(string Name, IpProtocol Protocol, ushort Port);
