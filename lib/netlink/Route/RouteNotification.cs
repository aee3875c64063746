namespace Podwire.Netlink.Route;

/// <summary>Something changed. One of the records below.</summary>
/// <param name="Removed">True if it is gone, false if it is new or changed.</param>
public abstract record RouteNotification(bool Removed)
{
    /// <summary>A link.</summary>
    /// <param name="Link">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfLink(Link Link, bool Removed) : RouteNotification(Removed);

    /// <summary>An address.</summary>
    /// <param name="Address">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfAddress(AddressEntry Address, bool Removed) : RouteNotification(Removed);

    /// <summary>A route.</summary>
    /// <param name="Route">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfRoute(RouteEntry Route, bool Removed) : RouteNotification(Removed);

    /// <summary>A neighbour.</summary>
    /// <param name="Neighbour">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfNeighbour(NeighbourEntry Neighbour, bool Removed) : RouteNotification(Removed);

    /// <summary>An entry of a forwarding data base.</summary>
    /// <param name="Entry">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfFdb(FdbEntry Entry, bool Removed) : RouteNotification(Removed);

    /// <summary>A rule.</summary>
    /// <param name="Rule">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone.</param>
    public sealed record OfRule(RuleEntry Rule, bool Removed) : RouteNotification(Removed);

    /// <summary>A next hop that stands by itself.</summary>
    /// <param name="Hop">As it is now, or was.</param>
    /// <param name="Removed">True if it is gone, and its routes with it.</param>
    public sealed record OfNextHop(NextHopEntry Hop, bool Removed) : RouteNotification(Removed);

    /// <summary>The socket overflowed (ENOBUFS) and notifications were lost: list everything anew.</summary>
    public sealed record Lost() : RouteNotification(Removed: false);

    /// <summary>Decodes a notification; null for kinds nobody asked for.</summary>
    internal static RouteNotification? Decode(in NetlinkMessage message)
    {
        // RTM_NEW*, RTM_DEL*, RTM_GET* and RTM_SET* follow each other in steps of four from 16 on (linux/rtnetlink.h).
        var removed = (message.Type & 3) == 1;
        if (Link.TryDecode(message, out var link))
        {
            return new OfLink(link, removed);
        }

        if (AddressEntry.TryDecode(message, out var address))
        {
            return new OfAddress(address, removed);
        }

        if (RouteEntry.TryDecode(message, out var route))
        {
            return new OfRoute(route, removed);
        }

        if (NeighbourEntry.TryDecode(message, out var neighbour))
        {
            return new OfNeighbour(neighbour, removed);
        }

        if (FdbEntry.TryDecode(message, out var entry))
        {
            return new OfFdb(entry, removed);
        }

        if (NextHopEntry.TryDecode(message, out var hop))
        {
            return new OfNextHop(hop, removed);
        }

        return RuleEntry.TryDecode(message, out var rule) ? new OfRule(rule, removed) : null;
    }
}
