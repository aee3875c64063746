using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <content>Routes with several next hops.</content>
public sealed partial class RouteBatch
{
    /// <summary>Adds a route of several next hops in the place of what has the same destination, metric and table.</summary>
    public void ReplaceRoute(MultipathRoute route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            route.Encode(ref writer, RtNetlink.RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Replace);
            Requests.Add(writer.Written, "set route", route);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
