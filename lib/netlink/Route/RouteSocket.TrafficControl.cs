using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Queueing disciplines and the filters that hang at them.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The queueing disciplines of an interface, the kernel's own defaults included.</summary>
    public List<QdiscEntry> ListQdiscs(int interfaceIndex)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            QdiscEntry.EncodeDump(ref writer, interfaceIndex);
            var all = Socket.Dump<QdiscEntry>(writer.Written, "list qdiscs", QdiscEntry.TryDecode);

            // Kernels before 6.x list those of every interface, whatever the request says.
            all.RemoveAll(qdisc => qdisc.InterfaceIndex != interfaceIndex);
            return all;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a queueing discipline.</summary>
    /// <exception cref="NetlinkException">EEXIST if one is in its place; ENOENT if the kernel does not have this kind.</exception>
    public void AddQdisc(QdiscEntry qdisc) => Change(qdisc, TrafficControl.RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Exclusive, "add qdisc");

    /// <summary>Adds a queueing discipline, or changes the one of the same kind in its place.</summary>
    public void EnsureQdisc(QdiscEntry qdisc) => Change(qdisc, TrafficControl.RTM_NEWQDISC, NetlinkFlags.Create | NetlinkFlags.Replace, "set qdisc");

    /// <summary>Deletes a queueing discipline with its filters; false if there is none.</summary>
    public bool DeleteQdisc(QdiscEntry qdisc)
    {
        ArgumentNullException.ThrowIfNull(qdisc);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            (qdisc with { Bucket = null }).Encode(ref writer, TrafficControl.RTM_DELQDISC, NetlinkFlags.None);
            return Delete(writer.Written, "delete qdisc", qdisc);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EINVAL)
        {
            // «Invalid handle»: another one is in its place, such as the kernel's own.
            return false;
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The filters at a discipline that redirect packets.</summary>
    public List<RedirectFilter> ListRedirects(int interfaceIndex, TrafficHandle parent)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            RedirectFilter.EncodeDump(ref writer, interfaceIndex, parent);
            return Socket.Dump<RedirectFilter>(writer.Written, "list filters", RedirectFilter.TryDecode);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Adds a filter.</summary>
    /// <exception cref="NetlinkException">EINVAL if the discipline it hangs at is not there; ENOENT if the kernel does not have u32 or mirred.</exception>
    public void AddRedirect(RedirectFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            filter.Encode(ref writer, TrafficControl.RTM_NEWTFILTER, NetlinkFlags.Create | NetlinkFlags.Exclusive);
            Socket.Execute(writer.Written, "add filter", filter);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void Change(QdiscEntry qdisc, ushort type, NetlinkFlags flags, string operation)
    {
        ArgumentNullException.ThrowIfNull(qdisc);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            qdisc.Encode(ref writer, type, flags);
            Socket.Execute(writer.Written, operation, qdisc);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
