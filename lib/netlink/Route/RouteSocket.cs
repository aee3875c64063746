using Podwire.Netlink.Interop;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// Links, addresses, routes, neighbours and rules of one network namespace (rtnetlink(7)). Changes throw
/// <see cref="NetlinkException"/> naming the object; what is already so or already gone is an ordinary answer of the
/// Ensure and Delete methods. Not safe for use by two threads at once.
/// </summary>
public sealed partial class RouteSocket : IDisposable
{
    // Room for an ordinary request on the stack; larger ones move to the pool.
    private const int RequestLength = 512;

    private RouteSocket(NetlinkSocket socket) => Socket = socket;

    /// <summary>The socket below, for requests this class has no method for.</summary>
    public NetlinkSocket Socket { get; }

    /// <summary>Opens a socket in the calling thread's namespace.</summary>
    public static RouteSocket Open() => new(NetlinkSocket.Open(NetlinkProtocol.Route));

    /// <summary>Opens a socket in a namespace; it may then be used from any thread.</summary>
    public static RouteSocket Open(NetNamespace target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Run(Open);
    }

    /// <summary>Sends a batch; requests behind a refused one are carried out.</summary>
    /// <returns>The refusals, each naming its object; empty when all went well.</returns>
    public IReadOnlyList<NetlinkException> TryExecute(RouteBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Socket.TryExecute(batch.Requests);
    }

    /// <summary>As <see cref="TryExecute"/>, throwing the first refusal.</summary>
    /// <exception cref="NetlinkException">The first refusal.</exception>
    public void Execute(RouteBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Socket.Execute(batch.Requests);
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => Socket.Dispose();

    /// <summary>Sends a delete request: false if there was nothing to delete.</summary>
    private bool Delete(Span<byte> message, string operation, object subject)
    {
        try
        {
            Socket.Execute(message, operation, subject);
            return true;
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT or Errno.ESRCH or Errno.ENODEV or Errno.EADDRNOTAVAIL)
        {
            return false;
        }
    }
}
