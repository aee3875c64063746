using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A range.</summary>
public sealed class BgpCidr : KubeValue
{
    /// <summary>The network.</summary>
    public string Cidr { get; set; } = "";
}
