using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A name for a community.</summary>
public sealed class BgpCommunity : KubeValue
{
    /// <summary>The name.</summary>
    public string Name { get; set; } = "";

    /// <summary>AS:NUMBER, or AS:NUMBER:NUMBER.</summary>
    public string Value { get; set; } = "";
}
