using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>Deletions that are not waited for.</summary>
public sealed partial class RouteSocket
{
    /// <summary>
    /// As <see cref="DeleteLink(int)"/>, but returns when the link is gone from the kernel's lists. The kernel then waits 15 to 30 ms
    /// until nobody looks at it any more, which in a NativeAOT executable a child process sits out: for programs that end after it.
    /// </summary>
    /// <param name="link">The link.</param>
    /// <param name="kept">
    /// A socket that the child keeps open until then. The last one to close an nfnetlink socket after a deletion waits for the kernel too,
    /// about 10 ms; this way nobody does.
    /// </param>
    /// <returns>False if there was no such link.</returns>
    public bool DeleteLinkDetached(Link link, NetlinkSocket? kept = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        var (name, index) = (link.Name, link.Index);
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            Link.EncodeDelete(ref writer, index, null);
            Socket.ExecuteDetached(writer.Written, "delete link", name, descriptor => Libc.GetIfIndex(descriptor, name) != index, kept);
            return true;
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENODEV)
        {
            return false;
        }
        finally
        {
            writer.Dispose();
        }
    }
}
