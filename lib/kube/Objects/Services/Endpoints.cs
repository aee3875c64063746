namespace Podwire.Kube.Objects;

/// <summary>core/v1 Endpoints: the older form of a service's endpoint slices, one object of the service's name.</summary>
public sealed class Endpoints : KubeValue, IKubeObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = "v1";

    /// <inheritdoc/>
    public string Kind { get; set; } = "Endpoints";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>Addresses that share ports.</summary>
    public List<EndpointSubset> Subsets { get => field ??= []; set; }
}
