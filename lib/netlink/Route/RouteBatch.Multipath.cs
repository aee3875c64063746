using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <content>Routes with several next hops.</content>
public sealed partial class RouteBatch
{
    /// <summary>Adds a route of several next hops; EEXIST if there is one of the same destination, metric and table.</summary>
    public void AddRoute(MultipathRoute route) => Route(route, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add route");

    /// <summary>Adds a route of several next hops in the place of what has the same destination, metric and table.</summary>
    public void ReplaceRoute(MultipathRoute route) => Route(route, NetlinkFlags.Create | NetlinkFlags.Replace, "set route");

    private void Route(MultipathRoute route, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(route);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            route.Encode(ref writer, RtNetlink.RTM_NEWROUTE, flags);
            Requests.Add(writer.Written, operation, route);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
