using System.Diagnostics.CodeAnalysis;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Neighbours and forwarding data bases.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The neighbours on an interface, or on all where the index is 0.</summary>
    public List<NeighbourEntry> ListNeighbours(IpFamily family, int interfaceIndex = 0)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            NeighbourEntry.EncodeDump(ref writer, family, interfaceIndex);
            return Socket.Dump(writer.Written, "list neighbours", (in NetlinkMessage message, [MaybeNullWhen(false)] out NeighbourEntry entry) =>
                NeighbourEntry.TryDecode(message, out entry) && (interfaceIndex == 0 || entry.InterfaceIndex == interfaceIndex));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a neighbour or changes the one there is.</summary>
    public void SetNeighbour(NeighbourEntry neighbour)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            neighbour.Encode(ref writer, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace);
            Socket.Execute(writer.Written, "set neighbour", neighbour);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Deletes a neighbour; false if there is none.</summary>
    public bool DeleteNeighbour(NeighbourEntry neighbour)
    {
        ArgumentNullException.ThrowIfNull(neighbour);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            neighbour.Encode(ref writer, RtNetlink.RTM_DELNEIGH, NetlinkFlags.None);
            return Delete(writer.Written, "delete neighbour", neighbour);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The forwarding data base of an interface, or of all where the index is 0.</summary>
    public List<FdbEntry> ListFdb(int interfaceIndex = 0)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            FdbEntry.EncodeDump(ref writer, interfaceIndex);
            return Socket.Dump(writer.Written, "list FDB", (in NetlinkMessage message, [MaybeNullWhen(false)] out FdbEntry entry) =>
                FdbEntry.TryDecode(message, out entry) && (interfaceIndex == 0 || entry.InterfaceIndex == interfaceIndex));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds an FDB entry or changes the one with the same Ethernet address.</summary>
    public void SetFdb(FdbEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            entry.Encode(ref writer, RtNetlink.RTM_NEWNEIGH, NetlinkFlags.Create | NetlinkFlags.Replace);
            Socket.Execute(writer.Written, "set FDB entry", entry);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>
    /// Deletes an FDB entry; false if there is none. A vxlan answers yes, and deletes nothing, where it knows the address
    /// with another remote only.
    /// </summary>
    public bool DeleteFdb(FdbEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            entry.Encode(ref writer, RtNetlink.RTM_DELNEIGH, NetlinkFlags.None);
            return Delete(writer.Written, "delete FDB entry", entry);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
