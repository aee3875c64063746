using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <content>Next hops that stand by themselves.</content>
public sealed partial class RouteSocket
{
    /// <summary>The next hops with a gateway on an interface, or on all where the index is 0; null if the kernel (before 5.3) has no such objects.</summary>
    public List<NextHopEntry>? ListNextHops(int interfaceIndex = 0)
    {
        var writer = new NetlinkWriter(stackalloc byte[RequestLength]);
        try
        {
            NextHopEntry.EncodeDump(ref writer, interfaceIndex);
            return Socket.Dump<NextHopEntry>(writer.Written, "list next hops", NextHopEntry.TryDecode);
        }
        catch (NetlinkException e) when (e.Errno is Errno.EOPNOTSUPP or Errno.EINVAL)
        {
            return null;
        }
        finally
        {
            writer.Dispose();
        }
    }
}
