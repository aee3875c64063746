using System.Numerics;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.Netlink.Route;

/// <summary>
/// Notifications of one network namespace. Open it before listing the objects, so that no change falls between the two.
/// Not safe for use by two threads at once.
/// </summary>
public sealed class RouteMonitor : IDisposable
{
    private readonly NetlinkSocket socket;

    private RouteMonitor(NetlinkSocket socket) => this.socket = socket;

    /// <summary>Begins to collect notifications of the calling thread's namespace.</summary>
    public static RouteMonitor Open(RouteGroups groups)
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        try
        {
            for (var left = (uint)groups; left != 0; left &= left - 1)
            {
                socket.Join((uint)BitOperations.TrailingZeroCount(left) + 1);
            }

            return new RouteMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins to collect notifications of a namespace; it may then be read from any thread.</summary>
    public static RouteMonitor Open(NetNamespace target, RouteGroups groups)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Run(() => Open(groups));
    }

    /// <summary>Waits for notifications and adds all that are there to <paramref name="notifications"/>.</summary>
    /// <param name="notifications">Where they go, in the order they happened.</param>
    /// <param name="timeout">How long to wait for the first one; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>False if none came.</returns>
    /// <exception cref="NetlinkProtocolException">The kernel sent something malformed.</exception>
    public bool Read(ICollection<RouteNotification> notifications, TimeSpan timeout, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(notifications);
        if (!socket.WaitReadable(timeout, cancellation))
        {
            return false;
        }

        var before = notifications.Count;
        while (TryReceive(notifications, out var datagram))
        {
            while (datagram.Read(out var message))
            {
                if (RouteNotification.Decode(message) is { } notification)
                {
                    notifications.Add(notification);
                }
            }
        }

        return notifications.Count > before;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => socket.Dispose();

    private bool TryReceive(ICollection<RouteNotification> notifications, out NetlinkMessageReader datagram)
    {
        while (true)
        {
            try
            {
                return socket.TryReceive(out datagram);
            }
            catch (SyscallException e) when (e.Errno is Errno.ENOBUFS or Errno.EMSGSIZE)
            {
                notifications.Add(new RouteNotification.Lost());
            }
        }
    }
}
