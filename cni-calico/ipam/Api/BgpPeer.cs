using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Sessions besides the mesh.</summary>
public sealed class BgpPeer : KubeValue, IStatusObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = CalicoResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = "BGPPeer";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it says.</summary>
    public BgpPeerSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    public CalicoStatus? Status { get; set; }
}
