using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>Brings the kernel to the desired state: devices, then the difference in batches, then a look whether it is so.</summary>
internal sealed class OverlayApplier(NodeKernel kernel, ILogger logger)
{
    private const int LinesPerRun = 20;

    /// <summary>Applies; returns how many objects were changed.</summary>
    /// <exception cref="OverlayException">The kernel refused something, or it does not hold what was written; nodes that are not concerned are served.</exception>
    public int Apply(FlannelSnapshot snapshot, OverlayState desired)
    {
        var route = kernel.Route;
        var actual = KernelState.Read(route, snapshot, desired);
        var changed = DropStale(actual.StaleDevices);
        foreach (var device in desired.Devices)
        {
            changed += EnsureDevice(device);
        }

        if (changed > 0)
        {
            actual = KernelState.Read(route, snapshot, desired);
        }

        RequireDevices(actual, desired);
        var changes = OverlayDiff.Between(actual, desired, snapshot.Underlay);
        if (!changes.IsEmpty)
        {
            Change(changes);
            changed += changes.Count;
            Verify(snapshot, desired);
        }

        return changed;
    }

    private int DropStale(IReadOnlyList<Link> stale)
    {
        foreach (var link in stale)
        {
            if (kernel.Route.DeleteLink(link.Index))
            {
                FlannelLog.DeviceRemoved(logger, link.Name, "no back end uses it");
            }
        }

        return stale.Count;
    }

    private int EnsureDevice(VxlanDevice wanted)
    {
        var route = kernel.Route;
        var link = route.GetLink(wanted.Name);
        if (link is not null && Mismatch(link, wanted) is { } reason)
        {
            route.DeleteLink(link.Index);
            FlannelLog.DeviceRemoved(logger, wanted.Name, reason);
            link = null;
        }

        if (link is null)
        {
            route.AddLink(new VxlanSpec(wanted.Name, new VxlanAttributes
            {
                Vni = wanted.Vni,
                Port = wanted.Port,
                Local = wanted.Local,
                ParentIndex = wanted.ParentIndex,
                Learning = wanted.Learning,
                Gbp = wanted.Gbp,
            })
            { Mac = wanted.Mac, Mtu = wanted.Mtu });

            SetSysctls(wanted.Name);
            route.SetLink(wanted.Name, new LinkChange { Up = true });
            FlannelLog.DeviceCreated(logger, wanted.Name, wanted.Vni, wanted.Local, wanted.Port, wanted.Mtu, wanted.Mac);
            return 1;
        }

        if (link.Mtu == wanted.Mtu && link.Mac == wanted.Mac && link.IsUp)
        {
            return 0;
        }

        route.SetLink(link.Index, new LinkChange
        {
            Mtu = link.Mtu == wanted.Mtu ? null : wanted.Mtu,
            Mac = link.Mac == wanted.Mac ? null : wanted.Mac,
            Up = true,
        });
        SetSysctls(wanted.Name);
        FlannelLog.DeviceCorrected(logger, wanted.Name, link.Mtu, wanted.Mtu, link.Mac, wanted.Mac, link.IsUp);
        return 1;
    }

    /// <summary>
    /// Before it is switched on: no link-local address, no router solicitations through the overlay. The kernel forgets them when the MTU
    /// falls below 1280, which takes IPv6 off the device.
    /// </summary>
    private void SetSysctls(string device)
    {
        kernel.TrySetSysctl($"net/ipv6/conf/{device}/addr_gen_mode", "1");
        kernel.TrySetSysctl($"net/ipv6/conf/{device}/accept_ra", "0");
    }

    /// <summary>What of a device can only be changed by making it anew, or null.</summary>
    private static string? Mismatch(Link link, VxlanDevice wanted)
    {
        if (link.Vxlan is not { } actual)
        {
            return $"it is a {link.Kind}";
        }

        return actual.Vni != wanted.Vni ? $"its VNI is {actual.Vni}"
            : actual.ParentIndex != wanted.ParentIndex ? "it lies on another interface"
            : actual.Local != wanted.Local ? $"its source address is {actual.Local}"
            : actual.Port != wanted.Port ? $"its port is {actual.Port}"
            : actual.Gbp != wanted.Gbp ? "its group policy extension differs"
            : (actual.Learning ?? true) != wanted.Learning ? "its learning differs"
            : actual.Group is not null ? "it has a multicast group"
            : actual.L2Miss == true || actual.L3Miss == true ? "it reports misses"
            : actual.External ? "it takes its identifier from routes"
            : null;
    }

    private void Change(OverlayChanges changes)
    {
        var failures = new List<string>();
        Send(failures, batch =>
        {
            foreach (var route in changes.RemovedRoutes)
            {
                batch.DeleteRoute(route);
            }

            foreach (var entry in changes.RemovedFdb)
            {
                batch.DeleteFdb(entry);
            }

            foreach (var neighbour in changes.RemovedNeighbours)
            {
                batch.DeleteNeighbour(neighbour);
            }

            foreach (var address in changes.RemovedAddresses)
            {
                batch.DeleteAddress(address);
            }

            foreach (var address in changes.AddedAddresses)
            {
                batch.EnsureAddress(address);
            }
        });
        var served = new List<PeerChange>();
        foreach (var peer in changes.Peers)
        {
            if (Serve(peer, failures))
            {
                served.Add(peer);
            }
        }

        if (failures.Count > 0)
        {
            throw new OverlayException(string.Join("; ", failures));
        }

        // One line per event; the start of a large cluster is one event.
        if (served.Count > LinesPerRun)
        {
            FlannelLog.PeersProgrammed(logger, served.Count);
            served.Clear();
        }

        foreach (var peer in served)
        {
            FlannelLog.PeerProgrammed(logger, peer.Node, peer);
        }

        foreach (var route in changes.RemovedRoutes)
        {
            FlannelLog.RouteRemoved(logger, route);
        }
    }

    /// <summary>One node's entries in one send, in order; what was added is taken back if one of them is refused.</summary>
    private bool Serve(PeerChange peer, List<string> failures)
    {
        var batch = new RouteBatch();
        if (peer.Neighbour is not null)
        {
            batch.SetNeighbour(peer.Neighbour);
        }

        if (peer.Fdb is not null)
        {
            batch.SetFdb(peer.Fdb);
        }

        if (peer.Route is not null)
        {
            batch.ReplaceRoute(peer.Route);
        }

        var refusals = kernel.Route.TryExecute(batch);
        if (refusals.Count == 0)
        {
            return true;
        }

        failures.AddRange(refusals.Select(refusal => $"node {peer.Node}: {refusal.Message}"));
        if (peer.Route is not null)
        {
            kernel.Route.DeleteRoute(peer.Route);
        }

        if (peer.Fdb is not null)
        {
            kernel.Route.DeleteFdb(peer.Fdb);
        }

        if (peer.Neighbour is not null)
        {
            kernel.Route.DeleteNeighbour(peer.Neighbour);
        }

        return false;
    }

    private void Send(List<string> failures, Action<RouteBatch> fill)
    {
        var batch = new RouteBatch();
        fill(batch);
        if (batch.Count == 0)
        {
            return;
        }

        // Someone else may have removed it first.
        failures.AddRange(kernel.Route.TryExecute(batch)
            .Where(static refusal => refusal.Errno is not (Errno.ENOENT or Errno.ESRCH or Errno.EADDRNOTAVAIL or Errno.ENODEV))
            .Select(static refusal => refusal.Message));
    }

    private void Verify(FlannelSnapshot snapshot, OverlayState desired)
    {
        var actual = KernelState.Read(kernel.Route, snapshot, desired);
        RequireDevices(actual, desired);
        var left = OverlayDiff.Between(actual, desired, snapshot.Underlay);
        if (!left.IsEmpty)
        {
            throw new OverlayException($"the kernel does not hold what was written; {left.Count} objects still differ");
        }
    }

    private static void RequireDevices(KernelState actual, OverlayState desired)
    {
        if (desired.Devices.FirstOrDefault(device => !actual.Devices.ContainsKey(device.Name)) is { } gone)
        {
            throw new OverlayException($"{gone.Name} was removed meanwhile");
        }
    }
}
