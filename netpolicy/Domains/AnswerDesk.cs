using System.Diagnostics;
using Podwire.Netlink.Packets;

namespace Podwire.NetPolicy.Domains;

/// <summary>Answers that are held until the addresses in them are in force: a run of the loop lets go of those that came before it. Any thread.</summary>
internal sealed class AnswerDesk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private List<(IPacketSource Source, uint Id, long Since)> held = [];
    private int running;

    /// <summary>True if something is held.</summary>
    public bool IsHolding
    {
        get
        {
            lock (gate)
            {
                return held.Count + running > 0;
            }
        }
    }

    /// <summary>Holds a packet until the next run is over.</summary>
    public void Hold(IPacketSource source, uint id)
    {
        lock (gate)
        {
            held.Add((source, id, Stopwatch.GetTimestamp()));
        }
    }

    /// <summary>What a run that begins now has to let go of, however it ends.</summary>
    public List<(IPacketSource Source, uint Id, long Since)> Take()
    {
        lock (gate)
        {
            var taken = held;
            (held, running) = ([], running + taken.Count);
            return taken;
        }
    }

    /// <summary>Lets go of them.</summary>
    public void Release(List<(IPacketSource Source, uint Id, long Since)> taken)
    {
        foreach (var (source, id, _) in taken)
        {
            Accept(source, id);
        }

        lock (gate)
        {
            running -= taken.Count;
        }
    }

    /// <summary>Lets go of what no run has taken in time: the addresses come into force when they do.</summary>
    public void ReleaseOverdue()
    {
        List<(IPacketSource Source, uint Id, long Since)> overdue;
        lock (gate)
        {
            overdue = held.FindAll(static one => Stopwatch.GetElapsedTime(one.Since) > Patience);
            held.RemoveRange(0, overdue.Count);
        }

        foreach (var (source, id, _) in overdue)
        {
            Accept(source, id);
        }
    }

    private static void Accept(IPacketSource source, uint id)
    {
        try
        {
            source.Accept(id);
        }
        catch (Exception e) when (e is Netlink.SyscallException or ObjectDisposedException)
        {
            // The queue is closed: what waited in it is gone, and is asked for again.
        }
    }
}
