using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Apply;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Config;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent;

/// <summary>Listens to the kernel and signals when something of ours was touched, by whomever: our own changes cost one idle comparison.</summary>
internal sealed class KernelWatch(NodeKernel kernel, NetConf netConf, Action signal, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private volatile HashSet<int> interfaces = [];
    private volatile HashSet<string> devices = [];

    /// <summary>What to look at from now on.</summary>
    public void Follow(int underlay, OverlayState desired)
    {
        var indexes = new HashSet<int> { underlay };
        foreach (var device in desired.Devices)
        {
            if (kernel.Route.GetLink(device.Name) is { } link)
            {
                indexes.Add(link.Index);
            }
        }

        devices = [.. desired.Devices.Select(static device => device.Name)];
        interfaces = indexes;
    }

    /// <summary>Starts listening; completes after cancellation.</summary>
    public Task Start(CancellationToken cancel)
    {
        var groups = RouteGroups.Link | RouteGroups.Neighbour;
        foreach (var family in netConf.Families)
        {
            groups |= family == IpFamily.V4 ? RouteGroups.AddressV4 | RouteGroups.RouteV4 : RouteGroups.AddressV6 | RouteGroups.RouteV6;
        }

        var monitor = kernel.Monitor(groups);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Listen(monitor, cancel);
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
            Name = "kernel-watch",
        };
        thread.Start();
        return done.Task;
    }

    private void Listen(RouteMonitor monitor, CancellationToken cancel)
    {
        var notifications = new List<RouteNotification>();
        while (!cancel.IsCancellationRequested)
        {
            notifications.Clear();
            if (monitor.Read(notifications, Patience, cancel) && notifications.Exists(Concerns))
            {
                signal();
            }
        }
    }

    private bool Concerns(RouteNotification notification) => notification switch
    {
        RouteNotification.Lost => true,
        RouteNotification.OfLink link => interfaces.Contains(link.Link.Index) || devices.Contains(link.Link.Name),
        RouteNotification.OfAddress address => interfaces.Contains(address.Address.InterfaceIndex),
        RouteNotification.OfRoute route => interfaces.Contains(route.Route.InterfaceIndex) || InPodNetwork(route.Route.Destination),

        // The underlay's own neighbours come and go; only permanent ones are of interest.
        RouteNotification.OfNeighbour neighbour => (neighbour.Removed || (neighbour.Neighbour.State & NeighbourState.Permanent) != 0) && interfaces.Contains(neighbour.Neighbour.InterfaceIndex),
        RouteNotification.OfFdb fdb => (fdb.Removed || (fdb.Entry.State & NeighbourState.Permanent) != 0) && interfaces.Contains(fdb.Entry.InterfaceIndex),
        _ => false,
    };

    private bool InPodNetwork(IpPrefix destination)
    {
        foreach (var family in netConf.Families)
        {
            if (netConf.Network(family).Contains(destination))
            {
                return true;
            }
        }

        return false;
    }
}
