using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Addresses that pods get, and how the way to them is made.</summary>
public sealed class IpPool : KubeValue, IStatusObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = CalicoResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = "IPPool";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it says.</summary>
    public IpPoolSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    public CalicoStatus? Status { get; set; }
}
