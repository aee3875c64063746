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
    private readonly uint address;
    private readonly NativeBuffer<byte> arena = new(ArenaLength);
    private readonly NativeBuffer<byte> reply = new(VirtioHeader.Size + IcmpError.MostLength);
    private SubnetTable table = SubnetTable.Empty;

    /// <summary>One direction.</summary>
    /// <param name="tun">Where the pods' packets come from; not owned.</param>
    /// <param name="socket">The way to the other nodes; not owned.</param>
    /// <param name="port">The UDP port of the other nodes.</param>
    /// <param name="address">This node's address in the pod network, in host order: the source of ICMP errors.</param>
    public TunToNodes(TunQueue tun, UdpTunnelSocket socket, ushort port, uint address)
    {
        this.tun = tun;
        this.address = address;
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
        reply.Dispose();
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
            Answer(IcmpError.Unreachable, packet);
            return;
        }

        if (!packet.TryDecrementTimeToLive())
        {
            Counters.CountExpired();
            Answer(IcmpError.TimeExceeded, packet);
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

    private void Answer(byte type, scoped in Ipv4Packet packet)
    {
        *(VirtioHeader*)reply.Start = default;
        var length = IcmpError.Build(type, address, packet, new Span<byte>(reply.Start + VirtioHeader.Size, IcmpError.MostLength));
        if (length > 0)
        {
            var vector = new IoVector { Start = reply.Start, Length = (nuint)(VirtioHeader.Size + length) };
            tun.Write(&vector, 1);
        }
    }
}
