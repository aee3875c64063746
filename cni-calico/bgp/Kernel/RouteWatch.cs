using Microsoft.Extensions.Logging;
using Podwire.BgpDaemon.Loop;
using Podwire.Netlink;
using Podwire.Netlink.Route;

namespace Podwire.BgpDaemon.Kernel;

/// <summary>Reads the kernel's notifications on a thread of its own and hands them to the loop.</summary>
internal sealed class RouteWatch : IDisposable
{
    private const RouteGroups Groups = RouteGroups.Link | RouteGroups.AddressV4 | RouteGroups.AddressV6 | RouteGroups.RouteV4 | RouteGroups.RouteV6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly CancellationTokenSource end = new();
    private readonly RouteMonitor monitor = RouteMonitor.Open(Groups);
    private readonly Thread thread;

    /// <summary>Listens from now on; <paramref name="seen"/> is called on this thread.</summary>
    public RouteWatch(Action<IReadOnlyList<RouteNotification>> seen, ILogger logger)
    {
        thread = new Thread(() => Read(seen, logger)) { IsBackground = true, Name = "route-watch" };
        thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        end.Cancel();
        thread.Join();
        monitor.Dispose();
        end.Dispose();
    }

    private void Read(Action<IReadOnlyList<RouteNotification>> seen, ILogger logger)
    {
        try
        {
            while (!end.IsCancellationRequested)
            {
                var notifications = new List<RouteNotification>();
                if (monitor.Read(notifications, Patience, end.Token))
                {
                    seen(notifications);
                }
            }
        }
        catch (Exception e) when (e is SyscallException or NetlinkProtocolException)
        {
            LoopLog.KernelNotHeard(logger, e.Message);
        }
    }
}
