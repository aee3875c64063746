using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>BGP for the cluster («default»), or for one node («node.NAME»).</summary>
public sealed class BgpConfiguration : KubeValue, IStatusObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = CalicoResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = "BGPConfiguration";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it says.</summary>
    public BgpConfigurationSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    public CalicoStatus? Status { get; set; }
}
