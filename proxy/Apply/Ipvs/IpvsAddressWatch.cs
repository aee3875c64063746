using Podwire.Netlink;
using Podwire.Netlink.Route;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>Listens to the kernel's announcements of addresses: those of kube-ipvs0 are the proxy's, the node's own are where node ports listen.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="seen">Called with each.</param>
internal sealed class IpvsAddressWatch(RouteMonitor monitor, Action<RouteNotification> seen)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Listens until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) => ListeningThread.RunAsync("address monitor", () => Listen(cancel), monitor);

    private void Listen(CancellationToken cancel)
    {
        var notifications = new List<RouteNotification>();
        while (!cancel.IsCancellationRequested)
        {
            notifications.Clear();
            if (monitor.Read(notifications, Patience, cancel))
            {
                notifications.ForEach(seen);
            }
        }
    }
}
