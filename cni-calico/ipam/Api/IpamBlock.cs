using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>The addresses of one block, and whose they are.</summary>
public sealed class IpamBlock : KubeValue, IStatusObject
{
    /// <inheritdoc/>
    public string ApiVersion { get; set; } = CalicoResources.ApiVersion;

    /// <inheritdoc/>
    public string Kind { get; set; } = "IPAMBlock";

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; set; } = new();

    /// <summary>What it says.</summary>
    public IpamBlockSpec Spec { get; set; } = new();

    /// <inheritdoc/>
    public CalicoStatus? Status { get; set; }
}
