using Podwire.Netlink.Route;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>What is missing or wrong for one node; null where it is right already.</summary>
/// <param name="Node">The node.</param>
/// <param name="Neighbour">The ARP or ND entry of its device.</param>
/// <param name="Fdb">The FDB entry of its device.</param>
/// <param name="Route">The route to its pods.</param>
internal sealed record PeerChange(string Node, NeighbourEntry? Neighbour, FdbEntry? Fdb, RouteEntry? Route)
{
    /// <summary>The next hop that the route names; null if it needs none.</summary>
    public NextHopEntry? NextHop { get; init; }

    /// <summary>For the log: what is set.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Neighbour is null ? null : $"neighbour {Neighbour}",
        Fdb is null ? null : $"FDB entry {Fdb}",
        Route is null ? null : $"route {Route}",
    }.OfType<string>());
}
