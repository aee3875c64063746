using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Bounds of a length.</summary>
public sealed class BgpPrefixLength : KubeValue
{
    /// <summary>The shortest.</summary>
    public int? Min { get; set; }

    /// <summary>The longest.</summary>
    public int? Max { get; set; }
}
