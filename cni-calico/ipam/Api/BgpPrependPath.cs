using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Puts AS numbers before the path.</summary>
public sealed class BgpPrependPath : KubeValue
{
    /// <summary>The numbers, nearest first.</summary>
    public List<uint> Prefix { get => field ??= []; set; }
}
