using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <content>Own routes, what the tables hold, and what the neighbours are told.</content>
public sealed partial class BgpSpeaker
{
    /// <summary>Announces a route of this speaker's own; its next hop is the session's address.</summary>
    public void Originate(IpPrefix prefix, uint? med = null, IReadOnlyList<uint>? communities = null)
    {
        var id = attributes.Intern(AttributeExport.Local(med, communities), default);
        attributes.AddReference(id);
        Rib(prefix.Family).Announce(PrefixKey.Of(prefix), 0, 0, id);
        attributes.Release(id);
    }

    /// <summary>Takes an own route back.</summary>
    public void Withdraw(IpPrefix prefix) => Rib(prefix.Family).Withdraw(PrefixKey.Of(prefix), 0, 0);

    /// <summary>Tells the neighbours in step what has changed, and the host.</summary>
    public void Flush()
    {
        foreach (var rib in ribs)
        {
            if (rib.Changed.Count == 0)
            {
                continue;
            }

            foreach (var group in groups.Values)
            {
                if (group.Key.Family == rib.Family)
                {
                    group.Flush();
                }
            }

            foreach (var prefix in rib.Changed)
            {
                host.RouteChanged(rib.Family, rib[prefix].ToPrefix(rib.Family));
            }

            rib.ClearChanged();
        }

    }

    /// <summary>Encodes more for a connection whose output has drained; call it after <see cref="Flush"/>, with nothing received in between.</summary>
    public void Refill(BgpConnection connection)
    {
        for (var family = 0; family < 2; family++)
        {
            if (connection.Exports[family] is { IsInStep: false } export)
            {
                connection.Groups[family]!.Refill(export);
            }
        }
    }

    /// <summary>True if a connection is owed more than stands in its output.</summary>
    public static bool Owes(BgpConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return Array.Exists(connection.Exports, export => export is { IsInStep: false, IsHeldBack: false });
    }

    /// <summary>The routes of a prefix, best first; those that are used together with the best are marked.</summary>
    public IReadOnlyList<RouteEntry> Routes(IpPrefix prefix)
    {
        var rib = Rib(prefix.Family);
        var index = rib.Find(PrefixKey.Of(prefix));
        return index < 0 ? [] : Routes(rib, index);
    }

    /// <summary>Every prefix that has a route.</summary>
    public IEnumerable<(IpPrefix Prefix, IReadOnlyList<RouteEntry> Routes)> AllRoutes(IpFamily family)
    {
        var rib = Rib(family);
        for (var prefix = 0; prefix < rib.PrefixCount; prefix++)
        {
            if (rib.Best(prefix) >= 0)
            {
                yield return (rib[prefix].ToPrefix(family), Routes(rib, prefix));
            }
        }
    }

    /// <summary>How many prefixes a neighbour's group has been told, per family.</summary>
    public int Told(Neighbor neighbor, IpFamily family)
    {
        ArgumentNullException.ThrowIfNull(neighbor);
        return neighbor.Session?.Groups[IndexOf(family)]?.CountTold() ?? 0;
    }

    private List<RouteEntry> Routes(RibTable rib, int prefix)
    {
        var best = rib.Best(prefix);
        var found = new List<RouteEntry>();
        for (var path = rib.First(prefix); path >= 0; path = rib.Path(path).Next)
        {
            ref readonly var entry = ref rib.Path(path);
            var together = BestPath.CompareCost(rib.AttributesOf(path), rib.PeerOf(path), rib.AttributesOf(best), rib.PeerOf(best)) == 0;
            var peer = routePeers[entry.Peer];
            found.Add(new RouteEntry(rib.AttributesOf(path), peer.IsLocal ? default : peer.Address, entry.PathId, path == best, together, entry.IsStale));
        }

        found.Sort((first, second) => first.IsBest != second.IsBest ? second.IsBest.CompareTo(first.IsBest) : first.From.CompareTo(second.From));
        return found;
    }

    private void JoinGroups(BgpConnection connection)
    {
        var (neighbor, agreed) = (connection.Neighbor, connection.Negotiated!);
        foreach (var family in Families.Where(agreed.Speaks))
        {
            var at = IndexOf(family);
            var key = KeyOf(connection, family);
            if (connection.Groups[at]?.Key == key)
            {
                continue;
            }

            var export = new PeerExport(neighbor.Peer.Index, connection.Output) { IsHeldBack = IsDeferring };
            if (connection.Exports[at] is { } former)
            {
                // From one group to another: what it has been told so far is known.
                connection.Groups[at]!.OweAll(former, export);
                (export.OwesEndOfRefresh, export.OwesRefresh) = (former.OwesEndOfRefresh, former.OwesRefresh);
                if (!former.OwesEndOfRib)
                {
                    export.EndDump();
                }
            }

            LeaveGroup(connection, at);
            if (!groups.TryGetValue(key, out var group))
            {
                groups[key] = group = new UpdateGroup(key, Rib(family), attributes, ReportTooLong);
            }

            (connection.Groups[at], connection.Exports[at]) = (group, export);
            group.Join(export);
        }
    }

    private void ReportTooLong(int source, IpPrefix prefix, int count)
    {
        if (neighbors.Values.FirstOrDefault(neighbor => neighbor.Peer.Index == source) is { } neighbor)
        {
            host.Report(neighbor, $"{prefix}{(count > 1 ? $" and {count - 1} more" : string.Empty)}: the attributes are longer than some neighbours take messages; for them there is no such route (RFC 8654)");
        }
    }

    private void LeaveGroups(BgpConnection connection)
    {
        LeaveGroup(connection, 0);
        LeaveGroup(connection, 1);
    }

    private void LeaveGroup(BgpConnection connection, int at)
    {
        if (connection.Groups[at] is { } group)
        {
            group.Leave(connection.Exports[at]!);
            if (group.Members.Count == 0)
            {
                groups.Remove(group.Key);
            }

            (connection.Groups[at], connection.Exports[at]) = (null, null);
        }
    }

    private GroupKey KeyOf(BgpConnection connection, IpFamily family)
    {
        var (neighbor, agreed) = (connection.Neighbor, connection.Negotiated!);
        var peer = neighbor.Peer;
        return new GroupKey(
            family,
            peer.IsInternal,
            peer.IsClient,
            neighbor.Config.LocalAsn == 0 ? config.Asn : neighbor.Config.LocalAsn,
            peer.IsInternal ? 0 : peer.Asn,
            agreed.FourOctetAs,
            agreed.ExtendedMessages,
            agreed.SendsPaths(family),
            neighbor.Config.NextHop,
            config.NextHopSelf(family, connection.LocalAddress),
            config.ClusterIdValue,
            neighbor.Config.Export);
    }
}
