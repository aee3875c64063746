using Podwire.Netlink.Route;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>What the kernel holds of one of our devices.</summary>
/// <param name="Link">The device.</param>
/// <param name="Addresses">Its addresses of its family, link-local ones left out.</param>
/// <param name="Neighbours">Its permanent neighbours.</param>
/// <param name="Fdb">Its permanent FDB entries with a remote.</param>
internal sealed record DeviceState(Link Link, IReadOnlyList<AddressEntry> Addresses, IReadOnlyList<NeighbourEntry> Neighbours, IReadOnlyList<FdbEntry> Fdb)
{
    /// <summary>The next hops on it that are ours: numbered by their gateway.</summary>
    public IReadOnlyList<NextHopEntry> NextHops { get; init; } = [];
}
