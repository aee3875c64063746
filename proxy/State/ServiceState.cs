using Podwire.Primitives;

namespace Podwire.Proxy.State;

/// <summary>A Service with the slices that belong to it: everything that its rules depend on beside the node. Immutable.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Slices">Its slices, ordered by name.</param>
internal sealed record ServiceState(ServiceRecord Service, IReadOnlyList<SliceRecord> Slices)
{
    /// <summary>The endpoints of one family that serve a port, each with its port number; an address that two slices name is taken from the first.</summary>
    public List<PortEndpoint> EndpointsOf(PortRecord port, IpFamily family)
    {
        var endpoints = new List<PortEndpoint>();
        HashSet<EndpointAddress>? seen = null;
        foreach (var slice in Slices)
        {
            if (slice.Family != family)
            {
                continue;
            }

            foreach (var slicePort in slice.Ports)
            {
                if (slicePort.Protocol != port.Protocol || slicePort.Name != port.Name)
                {
                    continue;
                }

                // Only an endpoint that is moved between slices is named twice, so one slice needs no check against itself.
                seen ??= new(endpoints.Count + slice.Endpoints.Length);
                foreach (ref readonly var endpoint in slice.Endpoints.AsSpan())
                {
                    var target = new EndpointAddress(endpoint.Address, slicePort.Port);
                    if (seen.Add(target))
                    {
                        endpoints.Add(new(target, endpoint));
                    }
                }
            }
        }

        return endpoints;
    }
}
