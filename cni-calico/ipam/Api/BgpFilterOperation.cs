using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>A change of an accepted route; one of these.</summary>
public sealed class BgpFilterOperation : KubeValue
{
    /// <summary>Adds a community.</summary>
    public BgpAddCommunity? AddCommunity { get; set; }

    /// <summary>Puts AS numbers before the path.</summary>
    public BgpPrependPath? PrependASPath { get; set; }

    /// <summary>The route's metric in the kernel; of imported routes.</summary>
    public BgpSetPriority? SetPriority { get; set; }
}
