using Podwire.Kube.Objects;

namespace Podwire.Proxy.Watch.Api;

/// <summary>
/// An EndpointSlice with the fields that a proxy reads and no others: a cluster has more endpoints than anything else, and what is not read
/// is most of an endpoint (its pod's name and uid, its zone, its host name).
/// </summary>
internal sealed class SliceObject : IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "discovery.k8s.io/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "EndpointSlice";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string AddressType { get; set; } = string.Empty;

    /// <summary>The endpoints.</summary>
    public List<SliceEndpoint> Endpoints { get => field ??= []; set; }

    /// <summary>The ports that each of them has.</summary>
    public List<EndpointPort> Ports { get => field ??= []; set; }
}
