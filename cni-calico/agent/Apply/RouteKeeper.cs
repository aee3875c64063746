using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Compile;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Apply;

/// <summary>
/// This agent's routes, under a protocol number of their own, and its tunnel devices. What is there is read each time: what an earlier run left is
/// adopted, what somebody took away comes back, nobody else's route is touched.
/// </summary>
internal sealed partial class RouteKeeper(string node, ILogger logger) : IDisposable
{
    /// <summary>«ip route show proto 81» lists ours.</summary>
    public const RouteProtocol Protocol = (RouteProtocol)81;

    /// <summary>The BGP speaker's: ours too, in the place of which a tunnel's route may come.</summary>
    private const RouteProtocol Learned = (RouteProtocol)80;
    public const string IpipDevice = "tunl0";
    public const string VxlanDevice = "vxlan.calico";
    private const uint Vni = 4096;
    private const ushort Port = 4789;
    private readonly RouteSocket route = RouteSocket.Open();
    private readonly ConcurrentDictionary<IpAddress, bool> asked = new();
    private volatile KernelExpectation? expected;

    /// <summary>Where routes of ours were last time: what is another's there now has taken their place.</summary>
    private HashSet<IpPrefix> placed = [];

    /// <summary>Where another's route was before ours, which is not put there until that goes.</summary>
    private readonly HashSet<IpPrefix> left = [];

    /// <summary>True if a notification is of nobody's concern here, or of what this agent itself did. Any thread.</summary>
    public bool Agrees(RouteNotification notification) =>
        expected?.Agrees(notification) != false && !(notification is RouteNotification.OfAddress { Address.Prefix.Address: var address, Removed: var removed } && asked.TryGetValue(address, out var isThere) && isThere == removed);

    /// <summary>The link that has an address; null if none has.</summary>
    public (int Index, IpPrefix Address)? LinkOf(IpAddress address)
    {
        asked[address] = false;
        foreach (var entry in route.ListAddresses(family: address.Family))
        {
            if (entry.Prefix.Address == address)
            {
                asked[address] = true;
                return (entry.InterfaceIndex, entry.Prefix);
            }
        }

        return null;
    }

    /// <summary>A link's name; empty if it has gone.</summary>
    public string NameOf(int link) => route.GetLink(link)?.Name ?? string.Empty;

    /// <summary>The pods' MTU: the underlay's, less what the tunnels that are in use add.</summary>
    public int PodMtu(int underlay, RoutePlan plan) => (route.GetLink(underlay)?.Mtu ?? 1500) - (plan.NeedsVxlan ? 50 : plan.NeedsIpip ? 20 : 0);

    /// <summary>Brings the kernel to the plan; how much was changed.</summary>
    /// <param name="plan">What is to be.</param>
    /// <param name="local">This node's address.</param>
    /// <param name="underlay">The link that has it.</param>
    /// <param name="ipip">The address of tunl0; none if it has none yet.</param>
    /// <param name="vxlan">The address of vxlan.calico; none if it has none yet.</param>
    public int Ensure(RoutePlan plan, IpAddress local, int underlay, IpAddress ipip, IpAddress vxlan)
    {
        var mtu = route.GetLink(underlay)?.Mtu ?? 1500;
        var changed = 0;
        var tunnel = plan.NeedsIpip && !ipip.IsNone ? EnsureIpip(ipip, mtu - 20, ref changed) : 0;
        var overlay = plan.NeedsVxlan && !vxlan.IsNone ? EnsureVxlan(local, underlay, vxlan, mtu - 50, ref changed) : 0;
        if (!plan.NeedsVxlan && route.DeleteLink(VxlanDevice))
        {
            changed++;
            CalicoLog.DeviceRemoved(logger, VxlanDevice);
        }

        // Told before anything is changed: the changes' own notifications agree with it.
        var wanted = Wanted(plan, underlay, tunnel, overlay);
        var neighbours = new Dictionary<IpAddress, MacAddress>();
        var ends = new Dictionary<MacAddress, IpAddress>();
        foreach (var peer in plan.Peers)
        {
            neighbours[peer.Tunnel] = peer.Mac;
            ends[peer.Mac] = peer.Node;
        }

        expected = Expect(new Dictionary<IpPrefix, RouteEntry>(wanted), mtu, underlay, (tunnel, ipip), (overlay, vxlan)) with
        {
            Overlay = overlay,
            Neighbours = neighbours,
            Ends = ends,
        };
        if (overlay != 0)
        {
            changed += EnsurePeers(overlay, new(neighbours), new(ends));
        }

        return changed + EnsureRoutes(wanted);
    }

    /// <inheritdoc/>
    public void Dispose() => route.Dispose();

    private static KernelExpectation Expect(Dictionary<IpPrefix, RouteEntry> routes, int mtu, int underlay, (int Index, IpAddress Address) ipip, (int Index, IpAddress Address) vxlan)
    {
        var mtus = new Dictionary<int, int> { [underlay] = mtu };
        var tunnels = new Dictionary<int, IpAddress>();
        foreach (var (index, less, address) in ((int, int, IpAddress)[])[(ipip.Index, 20, ipip.Address), (vxlan.Index, 50, vxlan.Address)])
        {
            if (index != 0)
            {
                (mtus[index], tunnels[index]) = (mtu - less, address);
            }
        }

        return new KernelExpectation { Routes = routes, Mtus = mtus, Tunnels = tunnels };
    }

    private static Dictionary<IpPrefix, RouteEntry> Wanted(RoutePlan plan, int underlay, int tunnel, int overlay)
    {
        var wanted = new Dictionary<IpPrefix, RouteEntry>();
        foreach (var planned in plan.Routes)
        {
            var index = planned.Way switch { RouteWay.Direct => underlay, RouteWay.Ipip => tunnel, RouteWay.Vxlan => overlay, _ => 0 };
            if (planned.Way == RouteWay.Blackhole)
            {
                wanted[planned.Destination] = new RouteEntry(planned.Destination) { Type = RouteType.Blackhole, Protocol = Protocol };
            }
            else if (index != 0)
            {
                wanted[planned.Destination] = new RouteEntry(planned.Destination) { Gateway = planned.Gateway, InterfaceIndex = index, OnLink = planned.Way != RouteWay.Direct, Protocol = Protocol };
            }
        }

        return wanted;
    }

    private int EnsureRoutes(Dictionary<IpPrefix, RouteEntry> wanted)
    {
        var batch = new RouteBatch();
        var (ours, others) = (new HashSet<IpPrefix>(), new HashSet<IpPrefix>());
        var all = wanted.Keys.ToHashSet();
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            foreach (var there in route.ListRoutes(family))
            {
                if (there.Protocol != Protocol)
                {
                    if (there.Protocol != Learned && there.Metric == (family == IpFamily.V4 ? 0u : 1024u) && all.Contains(there.Destination))
                    {
                        others.Add(there.Destination);
                    }

                    continue;
                }

                ours.Add(there.Destination);
                if (!wanted.TryGetValue(there.Destination, out var entry))
                {
                    batch.DeleteRoute(there);
                }
                else if (KernelExpectation.IsSame(there, entry))
                {
                    wanted.Remove(there.Destination);
                }
            }
        }

        others.ExceptWith(ours);
        others.ExceptWith(placed);
        foreach (var prefix in others)
        {
            wanted.Remove(prefix);
            if (left.Add(prefix))
            {
                CalicoLog.AnothersRoute(logger, prefix);
            }
        }

        left.IntersectWith(others);
        all.ExceptWith(others);
        placed = all;
        foreach (var entry in wanted.Values)
        {
            batch.ReplaceRoute(entry);
        }

        foreach (var refusal in batch.Count == 0 ? [] : route.TryExecute(batch))
        {
            if (refusal.Errno != Errno.ESRCH)
            {
                CalicoLog.KernelRefuses(logger, refusal.Message);
            }
        }

        return batch.Count;
    }
}
