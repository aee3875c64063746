namespace Podwire.Proxy.State;

/// <summary>An endpoint as one port of a Service sees it. Refers to the slice's array, because a choice among a thousand endpoints copies it.</summary>
internal readonly struct PortEndpoint(EndpointRecord[] endpoints, int index, ushort port)
{
    /// <summary>One that is in no slice.</summary>
    public PortEndpoint(EndpointAddress target, EndpointRecord endpoint)
        : this([endpoint], 0, target.Port)
    {
    }

    /// <summary>Where a connection is sent.</summary>
    public EndpointAddress Target => new(endpoints[index].Address, port);

    /// <summary>The endpoint.</summary>
    public ref readonly EndpointRecord Endpoint => ref endpoints[index];

    /// <summary>Both.</summary>
    public void Deconstruct(out EndpointAddress target, out EndpointRecord endpoint) => (target, endpoint) = (Target, Endpoint);
}
