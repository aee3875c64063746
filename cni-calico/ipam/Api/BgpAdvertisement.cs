using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Communities for what lies in a network.</summary>
public sealed class BgpAdvertisement : KubeValue
{
    /// <summary>The network.</summary>
    public string Cidr { get; set; } = "";

    /// <summary>Names or values.</summary>
    public List<string> Communities { get => field ??= []; set; }
}
