using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <content>Routes with several next hops.</content>
public sealed partial class RouteSocket
{
    /// <summary>The routes of a family and table that have several next hops. <see cref="ListRoutes"/> names them too, with their common part only.</summary>
    public List<MultipathRoute> ListMultipathRoutes(IpFamily family, uint table = RouteEntry.MainTable)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            RouteEntry.EncodeDump(ref writer, family, table, 0);
            return Socket.Dump(writer.Written, "list routes", (in NetlinkMessage message, [MaybeNullWhen(false)] out MultipathRoute entry) =>
                MultipathRoute.TryDecode(message, out entry) && entry.Table == table);
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            // A table that never held a route.
            return [];
        }
        finally
        {
            writer.Dispose();
        }
    }
}
