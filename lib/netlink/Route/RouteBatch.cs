using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>
/// Changes that <see cref="RouteSocket"/> sends together, carried out in order, each acknowledged by itself: what one
/// makes, the next may use by name. A namespace that a link refers to must stay open until the batch is sent.
/// </summary>
public sealed partial class RouteBatch
{
    private const int RequestLength = 512;

    /// <summary>How many changes it holds.</summary>
    public int Count => Requests.Count;

    internal NetlinkBatch Requests { get; } = new();

    /// <summary>As <see cref="RouteSocket.AddLink"/>.</summary>
    public void AddLink(LinkSpec link)
    {
        ArgumentNullException.ThrowIfNull(link);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            link.Encode(ref writer);
            Requests.Add(writer.Written, "add", link);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>As <see cref="RouteSocket.SetLink(int, LinkChange)"/>.</summary>
    public void SetLink(int index, LinkChange change) => SetLink(index, null, change);

    /// <summary>As <see cref="RouteSocket.SetLink(string, LinkChange)"/>.</summary>
    public void SetLink(string name, LinkChange change) => SetLink(0, name, change);

    /// <summary>As <see cref="RouteSocket.DeleteLink(int)"/>; a link that is not there is a refusal (ENODEV).</summary>
    public void DeleteLink(int index)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            Link.EncodeDelete(ref writer, index, null);
            Requests.Add(writer.Written, "delete link", index);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>As <see cref="RouteSocket.AddAddress"/>.</summary>
    public void AddAddress(AddressEntry address) => Address(address, RtNetlink.RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add address");

    /// <summary>As <see cref="RouteSocket.EnsureAddress"/>.</summary>
    public void EnsureAddress(AddressEntry address) => Address(address, RtNetlink.RTM_NEWADDR, NetlinkFlags.Create | NetlinkFlags.Replace, "set address");

    /// <summary>As <see cref="RouteSocket.DeleteAddress"/>; one that is not there is a refusal (EADDRNOTAVAIL).</summary>
    public void DeleteAddress(AddressEntry address) => Address(address, RtNetlink.RTM_DELADDR, NetlinkFlags.None, "delete address");

    /// <summary>As <see cref="RouteSocket.AddRoute"/>.</summary>
    public void AddRoute(RouteEntry route) => Route(route, RtNetlink.RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add route");

    /// <summary>As <see cref="RouteSocket.ReplaceRoute"/>.</summary>
    public void ReplaceRoute(RouteEntry route) => Route(route, RtNetlink.RTM_NEWROUTE, NetlinkFlags.Create | NetlinkFlags.Replace, "set route");

    /// <summary>As <see cref="RouteSocket.DeleteRoute"/>; one that is not there is a refusal (ESRCH).</summary>
    public void DeleteRoute(RouteEntry route) => Route(route, RtNetlink.RTM_DELROUTE, NetlinkFlags.None, "delete route");

    /// <summary>As <see cref="RouteSocket.SetNeighbour"/>.</summary>
    public void SetNeighbour(NeighbourEntry neighbour) => Neighbour(neighbour, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace, "set neighbour");

    /// <summary>As <see cref="RouteSocket.DeleteNeighbour"/>; one that is not there is a refusal (ENOENT).</summary>
    public void DeleteNeighbour(NeighbourEntry neighbour) => Neighbour(neighbour, RtNetlink.RTM_DELNEIGH, NetlinkFlags.None, "delete neighbour");

    /// <summary>As <see cref="RouteSocket.SetFdb"/>.</summary>
    public void SetFdb(FdbEntry entry) => Fdb(entry, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace, "set FDB entry");

    /// <summary>As <see cref="RouteSocket.DeleteFdb"/>; one that is not there is a refusal (ENOENT).</summary>
    public void DeleteFdb(FdbEntry entry) => Fdb(entry, RtNetlink.RTM_DELNEIGH, NetlinkFlags.None, "delete FDB entry");

    private void SetLink(int index, string? name, LinkChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            change.Encode(ref writer, index, name);
            Requests.Add(writer.Written, "change link", name is null ? index : name);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Address(AddressEntry address, ushort type, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(address);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            address.Encode(ref writer, type, flags);
            Requests.Add(writer.Written, operation, address);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Route(RouteEntry route, ushort type, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(route);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            route.Encode(ref writer, type, flags);
            Requests.Add(writer.Written, operation, route);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Neighbour(NeighbourEntry neighbour, ushort type, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            neighbour.Encode(ref writer, type, flags);
            Requests.Add(writer.Written, operation, neighbour);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Fdb(FdbEntry entry, ushort type, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            entry.Encode(ref writer, type, flags);
            Requests.Add(writer.Written, operation, entry);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
