using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Routes.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The routes of a family.</summary>
    /// <param name="family">The family.</param>
    /// <param name="table">Only this table; null for all.</param>
    /// <param name="interfaceIndex">Only those that leave by this interface; 0 for all.</param>
    public List<RouteEntry> ListRoutes(IpFamily family, uint? table = RouteEntry.MainTable, int interfaceIndex = 0)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            RouteEntry.EncodeDump(ref writer, family, table, interfaceIndex);
            return Socket.Dump(writer.Written, "list routes", (in NetlinkMessage message, [MaybeNullWhen(false)] out RouteEntry entry) =>
                RouteEntry.TryDecode(message, out entry)
                && (table is null || entry.Table == table)
                && (interfaceIndex == 0 || entry.InterfaceIndex == interfaceIndex));
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

    /// <summary>The route that a packet to this address takes (<c>ip route get</c>).</summary>
    /// <exception cref="NetlinkException">ENETUNREACH if there is none.</exception>
    public RouteEntry? GetRoute(IpAddress destination)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            RouteEntry.EncodeGet(ref writer, destination);
            return Socket.TryGet<RouteEntry>(writer.Written, "find route to", RouteEntry.TryDecode, out var route, destination) ? route : null;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a route.</summary>
    /// <exception cref="NetlinkException">EEXIST if there is one to the same destination with the same metric in the same table.</exception>
    public void AddRoute(RouteEntry route) => Change(route, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add route");

    /// <summary>Adds a route in the place of the one with the same destination, metric and table.</summary>
    public void ReplaceRoute(RouteEntry route) => Change(route, NetlinkFlags.Create | NetlinkFlags.Replace, "set route");

    /// <summary>Deletes a route; false if there is none that agrees with every property given.</summary>
    public bool DeleteRoute(RouteEntry route)
    {
        ArgumentNullException.ThrowIfNull(route);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            route.Encode(ref writer, RtNetlink.RTM_DELROUTE, NetlinkFlags.None);
            return Delete(writer.Written, "delete route", route);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Change(RouteEntry route, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(route);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            route.Encode(ref writer, RtNetlink.RTM_NEWROUTE, flags);
            Socket.Execute(writer.Written, operation, route);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
