using Podwire.Primitives;

namespace Podwire.Bgp.Rib;

/// <summary>Where paths come from, as far as choice and export ask: a neighbour's session, or this speaker itself (<see cref="IsLocal"/>).</summary>
internal sealed record RoutePeer(int Index, IpAddress Address, uint Asn, uint RouterId, bool IsInternal, bool IsClient)
{
    public bool IsLocal => Index == 0;
}
