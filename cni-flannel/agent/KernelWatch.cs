using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>
/// Listens to the kernel: links, addresses, routes, neighbours and FDB entries that are not as they shall be, and changes of the packet filter
/// where our rules are. What our own changes announce agrees with what shall be, and costs nothing more.
/// </summary>
internal sealed class KernelWatch(NodeKernel kernel, NetConf netConf, PeerIndex index, RuleKeeper rules, Action differs, Action rulesTouched, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<Task> listening = [];

    /// <summary>True once it listens.</summary>
    public bool IsListening => listening.Count > 0;

    /// <summary>Completes after cancellation.</summary>
    public Task Completion => Task.WhenAll(listening);

    /// <summary>Begins to listen: what changes from here on is noticed. Does nothing the second time.</summary>
    public void Start(CancellationToken cancel)
    {
        if (IsListening)
        {
            return;
        }

        var groups = RouteGroups.Link | RouteGroups.Neighbour | (kernel.HasNextHops ? RouteGroups.NextHop : RouteGroups.None);
        foreach (var family in netConf.Families)
        {
            groups |= family == IpFamily.V4 ? RouteGroups.AddressV4 | RouteGroups.RouteV4 : RouteGroups.AddressV6 | RouteGroups.RouteV6;
        }

        var routes = kernel.Monitor(groups);
        listening.Add(Listen("kernel-watch", routes, () => ReadRoutes(routes, cancel)));
        if (TryMonitorRules() is { } filter)
        {
            listening.Add(Listen("rules-watch", filter, () => ReadRules(filter, cancel)));
        }
    }

    private Netlink.Nftables.NftMonitor? TryMonitorRules()
    {
        try
        {
            return kernel.MonitorRules();
        }
        catch (SyscallException e)
        {
            // A kernel without nftables: the comparison at --iptables-resync is all there is.
            FlannelLog.MonitorFailed(logger, e.Message);
            return null;
        }
    }

    private Task Listen(string name, IDisposable monitor, Action read)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                read();
            }
            catch (Exception e) when (e is SyscallException or NetlinkProtocolException)
            {
                FlannelLog.MonitorFailed(logger, e.Message);
            }
            finally
            {
                monitor.Dispose();
                done.SetResult();
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        return done.Task;
    }

    private void ReadRoutes(RouteMonitor monitor, CancellationToken cancel)
    {
        var notifications = new List<RouteNotification>();
        while (!cancel.IsCancellationRequested)
        {
            notifications.Clear();
            if (monitor.Read(notifications, Patience, cancel) && notifications.Exists(notification => !index.Agrees(notification)))
            {
                differs();
            }
        }
    }

    private void ReadRules(Netlink.Nftables.NftMonitor monitor, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (!monitor.Wait(Patience, cancel))
            {
                continue;
            }

            var touched = false;
            try
            {
                while (monitor.TryRead(out var change))
                {
                    touched |= rules.Concerns(change);
                }
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOBUFS)
            {
                touched = true;
            }

            if (touched)
            {
                rulesTouched();
            }
        }
    }
}
