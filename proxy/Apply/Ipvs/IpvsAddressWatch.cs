using Podwire.Netlink.Route;

namespace Podwire.Proxy.Apply.Ipvs;

/// <summary>Listens to the kernel's announcements of addresses: those of kube-ipvs0 are the proxy's, the node's own are where node ports listen.</summary>
/// <param name="monitor">The announcements; disposed when the watch ends.</param>
/// <param name="seen">Called with each.</param>
internal sealed class IpvsAddressWatch(RouteMonitor monitor, Action<RouteNotification> seen)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Listens until cancelled. Waiting blocks, so it has a thread of its own.</summary>
    public Task RunAsync(CancellationToken cancel)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            using (monitor)
            {
                try
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

                    ended.SetResult();
                }
#pragma warning disable CA1031 // The thread's failure becomes the task's.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    ended.SetException(e);
                }
            }
        })
        { IsBackground = true, Name = "address monitor" }.Start();
        return ended.Task;
    }
}
