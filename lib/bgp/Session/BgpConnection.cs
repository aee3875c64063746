using Podwire.Bgp.Rib;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Session;

/// <summary>One TCP connection of a session: what it still has to write, and how far the opening has come.</summary>
public sealed class BgpConnection
{
    private byte[] partial = [];
    private int partialLength;

    internal BgpConnection(Neighbor neighbor, bool isOutgoing, IpAddress local, long now)
    {
        (Neighbor, IsOutgoing, LocalAddress) = (neighbor, isOutgoing, local);
        (Begun, LastHeard, LastSent, LastProgress) = (now, now, now, now);
    }

    /// <summary>Whose it is.</summary>
    public Neighbor Neighbor { get; }

    /// <summary>True if this end opened it.</summary>
    public bool IsOutgoing { get; }

    /// <summary>This end's address, the next hop of own routes.</summary>
    public IpAddress LocalAddress { get; }

    /// <summary>The host's own object for it.</summary>
    public object? Tag { get; set; }

    /// <summary>OpenSent, OpenConfirm, Established; Idle once it is closed.</summary>
    public SessionState State { get; internal set; } = SessionState.OpenSent;

    /// <summary>Octets that wait to be written.</summary>
    public long OutputLength => Output.Length;

    /// <summary>What was agreed on; null before the neighbour's OPEN.</summary>
    public Negotiated? Negotiated { get; internal set; }

    internal OutQueue Output { get; } = new();

    internal OpenMessage? PeerOpen { get; set; }

    /// <summary>True once this end has answered the OPEN with a KEEPALIVE.</summary>
    internal bool HasConfirmed { get; set; }

    /// <summary>True once the neighbour has.</summary>
    internal bool IsConfirmed { get; set; }

    /// <summary>Until when it waits for another connection that is being opened; <see cref="Neighbor.Never"/> if it does not.</summary>
    internal long HeldBackUntil { get; set; } = Neighbor.Never;

    /// <summary>When the TCP connection stood.</summary>
    internal long Begun { get; }

    internal long LastHeard { get; set; }

    internal long LastSent { get; set; }

    internal long LastProgress { get; set; }

    internal PeerExport?[] Exports { get; } = new PeerExport?[2];

    internal UpdateGroup?[] Groups { get; } = new UpdateGroup?[2];

    /// <summary>The next octets to write; empty if there are none.</summary>
    public ReadOnlyMemory<byte> PeekOutput() => Output.Peek();

    /// <summary>Copies the next octets to write, over several pieces; for pieces that are too small to write one by one.</summary>
    public int CopyOutput(Span<byte> destination) => Output.CopyTo(destination);

    /// <summary>So many octets have been written.</summary>
    public void AdvanceOutput(int count, long now)
    {
        Output.Advance(count);
        LastProgress = now;
    }

    /// <summary>Joins what was left of the last read to what came now; gives back how the whole messages are to be read.</summary>
    internal ReadOnlySpan<byte> Join(ReadOnlySpan<byte> data)
    {
        if (partialLength == 0)
        {
            return data;
        }

        if (partial.Length < partialLength + data.Length)
        {
            Array.Resize(ref partial, Math.Max(partialLength + data.Length, partial.Length * 2));
        }

        data.CopyTo(partial.AsSpan(partialLength));
        return partial.AsSpan(0, partialLength + data.Length);
    }

    /// <summary>Keeps the beginning of a message whose rest has not come yet.</summary>
    internal void Keep(ReadOnlySpan<byte> rest)
    {
        if (partial.Length < rest.Length)
        {
            var grown = new byte[Math.Max(4096, rest.Length)];
            rest.CopyTo(grown);
            partial = grown;
        }
        else
        {
            rest.CopyTo(partial);
        }

        partialLength = rest.Length;
    }
}
