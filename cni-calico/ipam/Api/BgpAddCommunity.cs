using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Adds a community.</summary>
public sealed class BgpAddCommunity : KubeValue
{
    /// <summary>AS:NUMBER.</summary>
    public string Value { get; set; } = "";
}
