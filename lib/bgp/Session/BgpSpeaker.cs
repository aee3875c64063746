using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>
/// A BGP speaker without sockets and clock: it is told what came and what time it is, and says what is to be written. Not for use by several
/// threads. The host calls <see cref="Flush"/> when it has read all there is to read, writes the connections' output, and calls
/// <see cref="Refill"/> for those whose output has drained.
/// </summary>
public sealed partial class BgpSpeaker
{
    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private const int RestMilliseconds = 1_000;

    private readonly SpeakerConfig config;
    private readonly ISpeakerHost host;
    private readonly AttributeTable attributes = new();
    private readonly List<RoutePeer> routePeers = [];
    private readonly Stack<int> freePeers = [];
    private readonly RibTable[] ribs;
    private readonly Dictionary<GroupKey, UpdateGroup> groups = [];
    private readonly Dictionary<IpAddress, Neighbor> neighbors = [];
    private readonly List<(IpPrefix Range, NeighborConfig Template)> ranges = [];
    private readonly UpdateReader update = new();
    private long deferralEnds;
    private long rangeReturned = Neighbor.Never;

    /// <summary>A speaker with no neighbours yet.</summary>
    public BgpSpeaker(SpeakerConfig config, ISpeakerHost host, long now)
    {
        ArgumentNullException.ThrowIfNull(config);
        (this.config, this.host) = (config, host);
        routePeers.Add(new RoutePeer(0, IpAddress.Any(IpFamily.V4), config.Asn, config.RouterIdValue, IsInternal: true, IsClient: false));
        ribs = [new(IpFamily.V4, attributes, routePeers), new(IpFamily.V6, attributes, routePeers)];
        deferralEnds = config.IsRestarting ? now + config.DeferralMilliseconds : 0;
    }

    /// <summary>The neighbours, those of ranges too.</summary>
    public IEnumerable<Neighbor> Neighbors => neighbors.Values;

    /// <summary>True while a restarted speaker still waits for its neighbours' routes.</summary>
    public bool IsDeferring => deferralEnds != 0;

    /// <summary>Update groups with members.</summary>
    public int GroupCount => groups.Count;

    /// <summary>How many paths a family has.</summary>
    public int PathCount(IpFamily family) => Rib(family).PathCount;

    /// <summary>How many different sets of attributes there are.</summary>
    public int AttributeCount => attributes.Count;

    /// <summary>A neighbour, if it is known.</summary>
    public Neighbor? Find(IpAddress address) => neighbors.GetValueOrDefault(address);

    /// <summary>Adds a neighbour; the first try to connect is at the next <see cref="Tick"/>.</summary>
    /// <exception cref="ArgumentException">There is one of that address.</exception>
    public Neighbor Add(NeighborConfig neighbor, long now)
    {
        var added = new Neighbor(neighbor, NewPeer(neighbor), isDynamic: false);
        if (!neighbors.TryAdd(neighbor.Address, added))
        {
            throw new ArgumentException($"there is a neighbour {neighbor.Address} already", nameof(neighbor));
        }

        Move(added, SessionState.Active, "configured", now);
        added.ConnectAt = neighbor.IsPassive ? Neighbor.Never : now;
        return added;
    }

    /// <summary>Takes neighbours from a network that come by themselves; the template's address does not matter.</summary>
    public void AddRange(IpPrefix range, NeighborConfig template) => ranges.Add((range, template with { IsPassive = true }));

    /// <summary>Forgets the ranges; neighbours that came by them stay while their sessions last.</summary>
    public void ClearRanges() => ranges.Clear();

    /// <summary>Ends a neighbour's session and forgets it with its routes.</summary>
    public void Remove(Neighbor neighbor, long now)
    {
        Stop(neighbor, NotificationMessage.Cease(BgpSubcode.CeasePeerDeconfigured), "removed", now, keepsRoutes: false);
        Forget(neighbor);
    }

    /// <summary>Changes what is agreed. The session goes on where only policies changed, and begins anew otherwise.</summary>
    public void Change(Neighbor neighbor, NeighborConfig next, long now)
    {
        var before = neighbor.Config;
        if (before == next)
        {
            return;
        }

        neighbor.Config = next;
        if (before with { Import = next.Import, Export = next.Export, MaxPrefixes = next.MaxPrefixes } != next)
        {
            // Time for the neighbour to read why, before the next connection tells it that there was a restart.
            var rest = neighbor.Connections.Count > 0 ? RestMilliseconds : 0;
            Stop(neighbor, NotificationMessage.Cease(BgpSubcode.CeaseConfigurationChange), "configuration changed", now, keepsRoutes: false);
            neighbor.Peer = ReplacePeer(neighbor, next, neighbor.Peer.RouterId);
            neighbor.ConnectAt = next.IsPassive ? Neighbor.Never : now + rest;
            return;
        }

        if (neighbor.Session is { } session)
        {
            JoinGroups(session);
            if (!ReferenceEquals(before.Import, next.Import) && session.Negotiated!.RouteRefresh)
            {
                foreach (var family in Families.Where(session.Negotiated.Speaks))
                {
                    Send(session, RouteRefreshMessage.ToMessage(family), now);
                }
            }
        }
    }

    /// <summary>Ends all sessions with a reason for the other operators (RFC 9003). Not for a graceful restart, where the host just closes.</summary>
    public void Shutdown(string text, long now)
    {
        foreach (var neighbor in neighbors.Values)
        {
            neighbor.IsDisabled = true;
            Stop(neighbor, NotificationMessage.Cease(BgpSubcode.CeaseAdministrativeShutdown, text), "shut down", now, keepsRoutes: false);
        }
    }

    private static int IndexOf(IpFamily family) => family == IpFamily.V4 ? 0 : 1;

    private RibTable Rib(IpFamily family) => ribs[IndexOf(family)];

    private RoutePeer NewPeer(NeighborConfig neighbor)
    {
        var index = freePeers.TryPop(out var reused) ? reused : routePeers.Count;
        var made = PeerOf(index, neighbor, 0);
        if (index == routePeers.Count)
        {
            routePeers.Add(made);
        }
        else
        {
            routePeers[index] = made;
        }

        return made;
    }

    private RoutePeer ReplacePeer(Neighbor neighbor, NeighborConfig next, uint routerId) => routePeers[neighbor.Peer.Index] = PeerOf(neighbor.Peer.Index, next, routerId);

    private RoutePeer PeerOf(int index, NeighborConfig neighbor, uint routerId)
    {
        var local = neighbor.LocalAsn == 0 ? config.Asn : neighbor.LocalAsn;
        return new(index, neighbor.Address, neighbor.Asn, routerId, neighbor.Asn == local, neighbor.IsClient);
    }

    private void Forget(Neighbor neighbor)
    {
        foreach (var rib in ribs)
        {
            rib.Drop(neighbor.Peer.Index);
        }

        if (neighbors.Remove(neighbor.Config.Address))
        {
            freePeers.Push(neighbor.Peer.Index);
        }
    }

    private void Move(Neighbor neighbor, SessionState to, string reason, long now)
    {
        var from = neighbor.State;
        if (from != to)
        {
            (neighbor.State, neighbor.Since) = (to, now);
            host.StateChanged(neighbor, from, to, reason);
        }
    }
}
