using Microsoft.Extensions.Logging;
using Podwire.NetPolicy.Apply;
using Podwire.NetPolicy.State;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Arrivals;

/// <summary>
/// Sees to it that a pod's policies are programmed before its first packet: the CNI plugin tells its addresses before the pod's status does, and
/// goes on when they are in force. A pod that is not known yet, in a namespace with policies, is put aside meanwhile: nothing reaches it.
/// </summary>
internal sealed class ArrivalDesk(PolicyState state, ILogger logger)
{
    private readonly Lock gate = new();
    private readonly List<Arrival> waiting = [];
    private readonly HashSet<IpAddress> aside = [];
    private volatile bool isUnsure = true;

    /// <summary>Called after somebody arrived.</summary>
    public event Action? Arrived;

    /// <summary>The plugin may have put somebody aside on its own, while nobody listened.</summary>
    public void Suspect() => isUnsure = true;

    /// <summary>Takes in an arrival; its task completes when its policies are in force.</summary>
    public void Take(Arrival arrival)
    {
        state.Learn(arrival.Key, arrival.Uid, arrival.Addresses);
        lock (gate)
        {
            waiting.Add(arrival);
        }

        Arrived?.Invoke();
    }

    /// <summary>Nobody waits for this one any more.</summary>
    public void GiveUp(Arrival arrival)
    {
        lock (gate)
        {
            waiting.Remove(arrival);
        }
    }

    /// <summary>Answers those whose policies are in force now, and puts the others aside. After a synchronisation.</summary>
    public void Serve(PolicySync tables)
    {
        if (tables.Model is not { } model)
        {
            return;
        }

        if (isUnsure)
        {
            isUnsure = false;
            aside.UnionWith(tables.Tables.ReadPending());
        }

        Arrival[] here;
        lock (gate)
        {
            here = [.. waiting];
        }

        var closed = new HashSet<IpAddress>();
        var done = new List<Arrival>();
        foreach (var arrival in here)
        {
            if (Array.TrueForAll(arrival.Addresses, address => model.PodAt(address)?.Key == arrival.Key) || !model.IsPoliced(arrival.Key.Namespace))
            {
                done.Add(arrival);
            }
            else
            {
                closed.UnionWith(Array.FindAll(arrival.Addresses, address => !aside.Contains(address)));
            }
        }

        if (closed.Count > 0)
        {
            tables.Tables.SetPending(closed, isPending: true);
            aside.UnionWith(closed);
        }

        var released = new List<IpAddress>(aside).FindAll(address => model.PodAt(address) is not null || done.Exists(arrival => Array.IndexOf(arrival.Addresses, address) >= 0));
        if (released.Count > 0)
        {
            tables.Tables.SetPending(released, isPending: false);
            aside.ExceptWith(released);
            PolicyLog.Released(logger, released.Count);
        }

        foreach (var arrival in done)
        {
            GiveUp(arrival);
            arrival.Done.TrySetResult();
        }
    }
}
