using Podwire.Netlink.Route;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// What has to change beside the devices themselves. Additions are made neighbour and FDB entry first, route last, so that no packet
/// goes where nothing receives it; removals the other way round.
/// </summary>
internal sealed record OverlayChanges
{
    /// <summary>Addresses to remove from devices.</summary>
    public required IReadOnlyList<AddressEntry> RemovedAddresses { get; init; }

    /// <summary>Addresses to add.</summary>
    public required IReadOnlyList<AddressEntry> AddedAddresses { get; init; }

    /// <summary>Routes to remove.</summary>
    public required IReadOnlyList<RouteEntry> RemovedRoutes { get; init; }

    /// <summary>Next hops to remove, after their routes.</summary>
    public required IReadOnlyList<uint> RemovedNextHops { get; init; }

    /// <summary>FDB entries to remove.</summary>
    public required IReadOnlyList<FdbEntry> RemovedFdb { get; init; }

    /// <summary>Neighbours to remove.</summary>
    public required IReadOnlyList<NeighbourEntry> RemovedNeighbours { get; init; }

    /// <summary>Additions and corrections, node by node.</summary>
    public required IReadOnlyList<PeerChange> Peers { get; init; }

    /// <summary>True if there is nothing to do.</summary>
    public bool IsEmpty => RemovedAddresses.Count + AddedAddresses.Count + RemovedRoutes.Count + RemovedNextHops.Count + RemovedFdb.Count + RemovedNeighbours.Count + Peers.Count == 0;

    /// <summary>How many kernel objects change.</summary>
    public int Count
    {
        get
        {
            var count = RemovedAddresses.Count + AddedAddresses.Count + RemovedRoutes.Count + RemovedNextHops.Count + RemovedFdb.Count + RemovedNeighbours.Count;
            foreach (var peer in Peers)
            {
                count += (peer.Neighbour is null ? 0 : 1) + (peer.Fdb is null ? 0 : 1) + (peer.Route is null ? 0 : 1);
            }

            return count;
        }
    }
}
