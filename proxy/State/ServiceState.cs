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
        var count = 0;
        var sources = 0;
        foreach (var slice in Slices)
        {
            foreach (var slicePort in slice.Ports)
            {
                if (slice.Family == family && Serves(slicePort, port))
                {
                    count += slice.Endpoints.Length;
                    sources++;
                }
            }
        }

        // Only an endpoint that is moved between slices is named twice.
        HashSet<EndpointAddress>? seen = sources > 1 ? new(count) : null;
        var endpoints = new List<PortEndpoint>(count);
        foreach (var slice in Slices)
        {
            foreach (var slicePort in slice.Ports)
            {
                if (slice.Family != family || !Serves(slicePort, port))
                {
                    continue;
                }

                for (var i = 0; i < slice.Endpoints.Length; i++)
                {
                    if (seen is null || seen.Add(new(slice.Endpoints[i].Address, slicePort.Port)))
                    {
                        endpoints.Add(new(slice.Endpoints, i, slicePort.Port));
                    }
                }
            }
        }

        return endpoints;
    }

    private static bool Serves(SlicePort candidate, PortRecord port) => candidate.Protocol == port.Protocol && candidate.Name == port.Name;
}
