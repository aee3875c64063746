namespace Podwire.Kube.Objects;

/// <summary>A part of a service's endpoints, all of one address type with the same ports.</summary>
public sealed class EndpointSlice : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "discovery.k8s.io/v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "EndpointSlice";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary><c>IPv4</c>, <c>IPv6</c> or <c>FQDN</c>.</summary>
    public string AddressType { get; set; } = "";

    /// <summary>The endpoints, at most 1000.</summary>
    public List<Endpoint> Endpoints { get => field ??= []; set; }

    /// <summary>The ports each of them has, at most 100.</summary>
    public List<EndpointPort> Ports { get => field ??= []; set; }
}
