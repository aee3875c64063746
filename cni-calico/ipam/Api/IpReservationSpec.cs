using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Ipam.Api;

/// <summary>What an IPReservation says.</summary>
public sealed class IpReservationSpec : KubeValue
{
    /// <summary>Networks.</summary>
    public List<string> ReservedCIDRs { get => field ??= []; set; }
}
