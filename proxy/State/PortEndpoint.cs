namespace Podwire.Proxy.State;

/// <summary>An endpoint as one port of a Service sees it.</summary>
internal readonly record struct PortEndpoint(EndpointAddress Target, EndpointRecord Endpoint);
