using Podwire.CniFlannel.Agent.Udp.Interop;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>From this node's pods to the other nodes: reads what is there, finds each packet's node, sends all of it at once.</summary>
internal sealed unsafe class TunToNodes : IDisposable
{
    // A packet with its header is at most 64 KiB; a batch is what fits beside it into half a megabyte, which is about a core's cache.
    private const int MostPacket = VirtioHeader.Size + 65_536;
    private const int ArenaLength = 512 * 1024;
    private const int MostReads = 64;

    private readonly TunQueue tun;
    private readonly SendBatch batch;
    private readonly IcmpSender errors;
    private readonly NativeBuffer<byte> arena = new(ArenaLength);
    private SubnetTable table = SubnetTable.Empty;

    /// <summary>One direction.</summary>
    /// <param name="tun">Where the pods' packets come from; not owned.</param>
    /// <param name="socket">The way to the other nodes; not owned.</param>
    /// <param name="port">The UDP port of the other nodes.</param>
    /// <param name="errors">Who tells senders what cannot be carried; not owned.</param>
    public TunToNodes(TunQueue tun, UdpTunnelSocket socket, ushort port, IcmpSender errors)
    {
        this.tun = tun;
        this.errors = errors;
        batch = new SendBatch(socket, port, Counters);
    }

    /// <summary>What was carried.</summary>
    public ForwardCounters Counters { get; } = new();

    /// <summary>Where packets go from now on. Any thread.</summary>
    public void Use(SubnetTable subnets) => Volatile.Write(ref table, subnets);

    /// <summary>Carries what is there; false if nothing was. Allocates nothing.</summary>
    public bool Step()
    {
        var subnets = Volatile.Read(ref table);
        var used = 0;
        var reads = 0;
        for (; reads < MostReads && used + MostPacket <= ArenaLength; reads++)
        {
            var start = arena.Start + used;
            var length = tun.Read(start, MostPacket);
            if (length == 0)
            {
                break;
            }

            Forward(subnets, start, length);

            // The kernel writes faster to aligned places.
            used += (length + 63) & ~63;
        }

        batch.Flush();
        return reads > 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Dispose();
        arena.Dispose();
    }

    private void Forward(SubnetTable subnets, byte* start, int length)
    {
        var virtio = *(VirtioHeader*)start;
        var bytes = new Span<byte>(start + VirtioHeader.Size, Math.Max(0, length - VirtioHeader.Size));
        if (!Ipv4Packet.TryRead(bytes, out var packet, wholeLength: virtio.GsoType != VirtioHeader.GsoNone))
        {
            // IPv6 router solicitations and the like.
            Counters.CountMalformed();
            return;
        }

        if (!subnets.TryFind(packet.Destination, out var node))
        {
            Counters.CountUnreachable();
            errors.Send(IcmpError.Unreachable, packet);
            return;
        }

        if (!packet.TryDecrementTimeToLive())
        {
            Counters.CountExpired();
            errors.Send(IcmpError.TimeExceeded, packet);
            return;
        }

        var count = PacketSplitter.Count(virtio, packet);
        if (count == 0 || count > SendBatch.Most)
        {
            Counters.CountMalformed();
            return;
        }

        if (!batch.HasRoom(count))
        {
            batch.Flush();
        }

        PacketSplitter.Split(virtio, start + VirtioHeader.Size, packet, node, batch);
    }
}
