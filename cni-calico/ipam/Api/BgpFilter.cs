using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Rules for what is told and taken.</summary>
public sealed class BgpFilter : KubeValue, IStatusObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = CalicoResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = "BGPFilter";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it says.</summary>
    public BgpFilterSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    public CalicoStatus? Status { get; set; }
}
