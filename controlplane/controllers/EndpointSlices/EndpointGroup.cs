using Podwire.Kube.Objects;

namespace Podwire.Controllers.EndpointSlices;

/// <summary>Endpoints that share one list of ports, and so may share slices.</summary>
/// <param name="Ports">The ports, in the order of the service's.</param>
/// <param name="Endpoints">The endpoints, by the uid of their pod.</param>
internal sealed record EndpointGroup(IReadOnlyList<EndpointPort> Ports, SortedDictionary<string, Endpoint> Endpoints)
{
    /// <summary>Equal for equal lists of ports, whatever their order.</summary>
    public static string Key(IEnumerable<EndpointPort> ports) =>
        string.Join('|', ports.Select(port => $"{port.Name}/{port.Protocol ?? "TCP"}/{port.Port}/{port.AppProtocol}").Order(StringComparer.Ordinal));
}
