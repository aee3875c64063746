using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A key of a Secret.</summary>
public sealed class BgpSecretKey : KubeValue
{
    /// <summary>The Secret.</summary>
    public string Name { get; set; } = "";

    /// <summary>The key.</summary>
    public string Key { get; set; } = "";
}
