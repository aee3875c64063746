using Podwire.Netlink.Interop;

namespace Podwire.Netlink.Route;

/// <summary>Links.</summary>
public sealed partial class RouteSocket
{
    /// <summary>The link of a name, or null.</summary>
    public Link? GetLink(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return GetLink(0, name, name);
    }

    /// <summary>The link of an index, or null.</summary>
    public Link? GetLink(int index) => GetLink(index, null, index);

    /// <summary>All links.</summary>
    public List<Link> ListLinks()
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            Link.EncodeGet(ref writer, 0, null);
            return Socket.Dump<Link>(writer.Written, "list links", Link.TryDecode);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Makes a link.</summary>
    /// <exception cref="NetlinkException">EEXIST if the name is taken, also by the peer of a veth; nothing is made then.</exception>
    public void AddLink(LinkSpec link)
    {
        ArgumentNullException.ThrowIfNull(link);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            link.Encode(ref writer);
            Socket.Execute(writer.Written, "add", link);
            GC.KeepAlive(link);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Changes a link.</summary>
    /// <exception cref="NetlinkException">ENODEV if there is none.</exception>
    public void SetLink(int index, LinkChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        SetLink(index, null, change, index);
    }

    /// <summary>Changes a link.</summary>
    /// <exception cref="NetlinkException">ENODEV if there is none.</exception>
    public void SetLink(string name, LinkChange change)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(change);
        SetLink(0, name, change, name);
    }

    /// <summary>Deletes a link; false if there was none. Deleting one end of a veth deletes both.</summary>
    public bool DeleteLink(int index) => DeleteLink(index, null, index);

    /// <summary>Deletes a link; false if there was none. Deleting one end of a veth deletes both.</summary>
    public bool DeleteLink(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return DeleteLink(0, name, name);
    }

    private Link? GetLink(int index, string? name, object subject)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            Link.EncodeGet(ref writer, index, name);
            return Socket.TryGet<Link>(writer.Written, "get link", Link.TryDecode, out var link, subject) ? link : null;
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void SetLink(int index, string? name, LinkChange change, object subject)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            change.Encode(ref writer, index, name);
            Socket.Execute(writer.Written, "change link", subject);
            GC.KeepAlive(change);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private bool DeleteLink(int index, string? name, object subject)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            Link.EncodeDelete(ref writer, index, name);
            return Delete(writer.Written, "delete link", subject);
        }
        finally
        {
            writer.Dispose();
        }
    }
}
