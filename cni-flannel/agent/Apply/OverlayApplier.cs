using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.State;
using Podwire.CniFlannel.Agent.Udp;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>
/// Brings the kernel to the desired state: devices, then the difference in one batch, then a look whether it is so. Where only some nodes changed,
/// their part of the batch alone.
/// </summary>
internal sealed class OverlayApplier(NodeKernel kernel, PeerIndex index, DeviceMaker devices, ILogger logger)
{
    private const int LinesPerRun = 20;

    /// <summary>Applies everything; returns how many objects were changed.</summary>
    /// <param name="snapshot">Where this node is.</param>
    /// <param name="desired">What shall be.</param>
    /// <param name="beforeVerify">Called once the changes are made, before the kernel is read again; null if that is not needed where nothing changed.</param>
    /// <exception cref="OverlayException">The kernel refused something, or it does not hold what was written; nodes that are not concerned are served.</exception>
    public int Apply(FlannelSnapshot snapshot, OverlayState desired, Action? beforeVerify)
    {
        var actual = KernelState.Read(kernel.Route, snapshot, desired);
        var changed = devices.Drop(actual.StaleDevices);
        foreach (var device in desired.Devices)
        {
            changed += devices.Ensure(device);
        }

        if (changed > 0)
        {
            actual = KernelState.Read(kernel.Route, snapshot, desired);
        }

        RequireDevices(actual, desired);
        index.Rebuild(snapshot, desired, actual.Devices);
        index.Hops.Adopt(actual.Devices.Values, desired.Routes.Count, kernel.HasNextHops);
        ForwardTo();
        var changes = OverlayDiff.Between(actual, desired, snapshot.Underlay, index.Hops);
        Change(changes);
        changed += changes.Count;
        beforeVerify?.Invoke();
        if (changed > 0 || beforeVerify is not null)
        {
            Verify(snapshot, desired);
        }

        return changed;
    }

    /// <summary>Applies what single nodes have changed; returns how many objects. Their acknowledgements are the proof, and the kernel's notifications.</summary>
    /// <param name="changed">Each node with what it had and what it shall have.</param>
    /// <exception cref="OverlayException">The kernel refused something.</exception>
    public int Apply(IReadOnlyCollection<(string Node, IpFamily Family, PeerPlan Old, PeerPlan New)> changed)
    {
        var forward = false;
        foreach (var (node, family, old, now) in changed)
        {
            index.Set(node, family, now);
            forward |= old.Hop != now.Hop;
        }

        if (forward)
        {
            ForwardTo();
        }

        var changes = OverlayDiff.Between(changed, index.IndexOf, index.Hops);
        Change(changes);
        return changes.Count;
    }

    private void ForwardTo() => devices.Forwarder?.Use(SubnetTable.Of(index.Tunnels()));

    private void Change(OverlayChanges changes)
    {
        if (changes.IsEmpty)
        {
            return;
        }

        index.Hops.Take(changes);
        var batch = new RouteBatch();
        Remove(batch, changes);
        foreach (var peer in changes.Peers)
        {
            Add(batch, peer);
        }

        var failures = new List<string>();
        var refusals = Refusals(batch);
        if (refusals.Count > 0)
        {
            // Node by node, so that one that is refused is taken back whole and the others stay.
            failures.AddRange(refusals.Where(static refusal => refusal.Operation.StartsWith("delete", StringComparison.Ordinal)).Select(static refusal => refusal.Message));
            foreach (var peer in changes.Peers)
            {
                Serve(peer, failures);
            }
        }

        Report(changes);
        if (failures.Count > 0)
        {
            throw new OverlayException(string.Join("; ", failures));
        }
    }

    private static void Remove(RouteBatch batch, OverlayChanges changes)
    {
        foreach (var route in changes.RemovedRoutes)
        {
            batch.DeleteRoute(route);
        }

        foreach (var hop in changes.RemovedNextHops)
        {
            batch.DeleteNextHop(hop);
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
    }

    private static void Add(RouteBatch batch, PeerChange peer)
    {
        if (peer.Neighbour is not null)
        {
            batch.SetNeighbour(peer.Neighbour);
        }

        if (peer.Fdb is not null)
        {
            batch.SetFdb(peer.Fdb);
        }

        if (peer.NextHop is not null)
        {
            batch.SetNextHop(peer.NextHop);
        }

        if (peer.Route is not null)
        {
            batch.ReplaceRoute(peer.Route);
        }
    }

    /// <summary>One node's entries, in order; what was added is taken back if one of them is refused.</summary>
    private void Serve(PeerChange peer, List<string> failures)
    {
        var batch = new RouteBatch();
        Add(batch, peer);
        var refusals = kernel.Route.TryExecute(batch);
        if (refusals.Count == 0)
        {
            return;
        }

        failures.AddRange(refusals.Select(refusal => $"node {peer.Node}: {refusal.Message}"));
        var back = new RouteBatch();
        if (peer.Route is not null)
        {
            back.DeleteRoute(peer.Route);
        }

        if (peer.NextHop is not null)
        {
            back.DeleteNextHop(peer.NextHop.Id);
        }

        if (peer.Fdb is not null)
        {
            back.DeleteFdb(peer.Fdb);
        }

        if (peer.Neighbour is not null)
        {
            back.DeleteNeighbour(peer.Neighbour);
        }

        // What was refused is not there to be deleted.
        kernel.Route.TryExecute(back);
    }

    private List<NetlinkException> Refusals(RouteBatch batch) =>
        [.. kernel.Route.TryExecute(batch).Where(static refusal =>

            // Someone else may have removed it first.
            !(refusal.Operation.StartsWith("delete", StringComparison.Ordinal) && refusal.Errno is Errno.ENOENT or Errno.ESRCH or Errno.EADDRNOTAVAIL or Errno.ENODEV))];

    private void Report(OverlayChanges changes)
    {
        // One line per event; the start of a large cluster is one event.
        if (changes.Peers.Count > LinesPerRun)
        {
            FlannelLog.PeersProgrammed(logger, changes.Peers.Count);
        }
        else
        {
            foreach (var peer in changes.Peers)
            {
                FlannelLog.PeerProgrammed(logger, peer.Node, peer);
            }
        }

        if (changes.RemovedRoutes.Count > LinesPerRun)
        {
            FlannelLog.RoutesRemoved(logger, changes.RemovedRoutes.Count);
            return;
        }

        foreach (var route in changes.RemovedRoutes)
        {
            FlannelLog.RouteRemoved(logger, route);
        }
    }

    private void Verify(FlannelSnapshot snapshot, OverlayState desired)
    {
        var actual = KernelState.Read(kernel.Route, snapshot, desired);
        RequireDevices(actual, desired);
        var left = OverlayDiff.Between(actual, desired, snapshot.Underlay, index.Hops);
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
