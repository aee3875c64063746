using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>--ip-blackhole-route: what no pod of this node has does not leave the node again. The bridge's own route wins by its metric.</summary>
internal static class BlackholeRoutes
{
    // Known by it: a blackhole that somebody else made has another.
    private const uint Last = 4096;

    /// <summary>Makes those that are missing and removes those of other subnets, or all if none are wanted; returns how many were changed.</summary>
    public static int Ensure(RouteSocket route, FlannelSnapshot snapshot, bool wanted)
    {
        var changed = 0;
        foreach (var (family, subnet) in snapshot.Subnets)
        {
            var found = false;
            foreach (var entry in route.ListRoutes(family))
            {
                if (!IsOurs(entry, snapshot.NetConf.Network(family)))
                {
                    continue;
                }

                if (wanted && entry.Destination == subnet)
                {
                    found = true;
                }
                else if (route.DeleteRoute(entry))
                {
                    changed++;
                }
            }

            if (wanted && !found)
            {
                route.ReplaceRoute(new RouteEntry(subnet) { Type = RouteType.Blackhole, Metric = Last });
                changed++;
            }
        }

        return changed;
    }

    /// <summary>True for a blackhole of this agent's making in a pod network.</summary>
    public static bool IsOurs(RouteEntry entry, IpPrefix network) =>
        entry.Type == RouteType.Blackhole && entry.Metric == Last && entry.Table == RouteEntry.MainTable && network.Contains(entry.Destination);
}
