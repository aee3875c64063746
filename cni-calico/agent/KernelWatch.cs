using Microsoft.Extensions.Logging;
using Podwire.CniCalico.Agent.Apply;
using Podwire.Netlink;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent;

/// <summary>
/// Listens to the kernel: this agent's routes, devices and rules that somebody else took away or changed are repaired at once. Many notifications
/// make one comparison, and comparisons keep a distance: two programs that undo each other's work are slow at it.
/// </summary>
internal sealed class KernelWatch(RouteKeeper routes, NatKeeper nat, Action differs, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Distance = TimeSpan.FromMilliseconds(100);
    private const RouteGroups Groups = RouteGroups.Link | RouteGroups.Neighbour | RouteGroups.AddressV4 | RouteGroups.AddressV6 | RouteGroups.RouteV4 | RouteGroups.RouteV6;

    /// <summary>Begins to listen: what changes from here on is noticed, until <paramref name="cancel"/>.</summary>
    public void Start(CancellationToken cancel)
    {
        var monitor = RouteMonitor.Open(Groups);
        Listen("kernel-watch", monitor, () => ReadRoutes(monitor, cancel));
        if (TryMonitorRules() is { } rules)
        {
            Listen("rules-watch", rules, () => ReadRules(rules, cancel));
        }
    }

    private NftMonitor? TryMonitorRules()
    {
        try
        {
            return NftMonitor.Open();
        }
        catch (SyscallException e)
        {
            // A kernel without nftables: the comparison at --resync-period is all there is.
            CalicoLog.NotListening(logger, e.Message);
            return null;
        }
    }

    private void Listen(string name, IDisposable monitor, Action read) => new Thread(() =>
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is SyscallException or NetlinkProtocolException)
        {
            CalicoLog.NotListening(logger, e.Message);
        }
        finally
        {
            monitor.Dispose();
        }
    })
    { IsBackground = true, Name = name }.Start();

    private void ReadRoutes(RouteMonitor monitor, CancellationToken cancel)
    {
        var notifications = new List<RouteNotification>();
        while (!cancel.IsCancellationRequested)
        {
            notifications.Clear();
            if (monitor.Read(notifications, Patience, cancel) && notifications.Find(notification => !routes.Agrees(notification)) is { } difference)
            {
                Differs($"{difference}", cancel);
            }
        }
    }

    private void ReadRules(NftMonitor monitor, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (!monitor.Wait(Patience, cancel))
            {
                continue;
            }

            string? touched = null;
            try
            {
                while (monitor.TryRead(out var change))
                {
                    touched = nat.Concerns(change) ? $"{change.ThreadName} changed the table" : touched;
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                touched = "announcements were lost";
            }

            if (touched is not null)
            {
                Differs(touched, cancel);
            }
        }
    }

    private void Differs(string what, CancellationToken cancel)
    {
        CalicoLog.KernelDiffers(logger, what);
        differs();
        cancel.WaitHandle.WaitOne(Distance);
    }
}
