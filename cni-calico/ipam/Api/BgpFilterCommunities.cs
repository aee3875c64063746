using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>Communities to match.</summary>
public sealed class BgpFilterCommunities : KubeValue
{
    /// <summary>AS:NUMBER.</summary>
    public List<string> Values { get => field ??= []; set; }
}
