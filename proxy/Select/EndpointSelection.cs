using Podwire.Proxy.State;

namespace Podwire.Proxy.Select;

/// <summary>The endpoints that a Service port may be sent to from this node.</summary>
/// <param name="Cluster">For traffic under policy Cluster.</param>
/// <param name="Local">For traffic under policy Local.</param>
/// <param name="HasAny">Some usable endpoint exists somewhere: where the chosen set is empty all the same, traffic is dropped rather than refused.</param>
internal sealed record EndpointSelection(IReadOnlyList<PortEndpoint> Cluster, IReadOnlyList<PortEndpoint> Local, bool HasAny);
