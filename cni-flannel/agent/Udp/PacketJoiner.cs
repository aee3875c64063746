using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Podwire.CniFlannel.Agent.Udp.Interop;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// Writes packets to a TUN device, consecutive ones of one TCP or UDP flow as one, as the kernel's own receive offload would
/// (Documentation/networking/segmentation-offloads.rst): what is joined can be cut again into the very same packets. Nothing is copied;
/// the packets stay where they are until <see cref="Flush"/>.
/// </summary>
internal sealed unsafe class PacketJoiner(TunQueue tun, ForwardCounters counters) : IDisposable
{
    private const byte Ack = 0x10;
    private const byte Psh = 0x08;
    private const int MostBytes = 65_535;
    private const int MostPackets = 64;

    private readonly NativeBuffer<VirtioHeader> virtio = new(1);
    private readonly NativeBuffer<IoVector> vectors = new(MostPackets + 1);
    private byte* first;
    private int packets;
    private int headerLength;
    private int transportStart;
    private int segmentLength;
    private int total;
    private uint nextSequence;
    private bool closed;
    private byte protocol;

    /// <summary>Takes a packet as it came from another node. One that expires or is malformed is counted and dropped.</summary>
    public void Add(byte* start, int length)
    {
        if (!Ipv4Packet.TryRead(new Span<byte>(start, length), out var packet))
        {
            counters.CountMalformed();
            return;
        }

        if (!packet.TryDecrementTimeToLive())
        {
            counters.CountExpired();
            return;
        }

        counters.Carried(1, packet.Bytes.Length);
        var header = Joinable(packet);
        if (header > 0 && packets > 0 && Continues(packet, header))
        {
            Append(start, packet, header);
            return;
        }

        Flush();
        Begin(start, packet, header);
        if (header == 0)
        {
            Flush();
        }
    }

    /// <summary>Hands what was gathered to the kernel.</summary>
    public void Flush()
    {
        if (packets == 0)
        {
            return;
        }

        *virtio.Start = default;
        if (packets == 1)
        {
            Require(tun.Write(vectors.Start, 2), 1);
        }
        else
        {
            WriteJoined();
        }

        packets = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        virtio.Dispose();
        vectors.Dispose();
    }

    private void Require(bool written, int count)
    {
        if (!written)
        {
            counters.CountRefused(count);
        }
    }

    /// <summary>The length of its headers if it may be joined with others: plain data with a right checksum. Otherwise 0.</summary>
    private static int Joinable(scoped in Ipv4Packet packet)
    {
        var bytes = packet.Bytes;
        if (packet.HeaderLength != Ipv4Packet.LeastHeader || packet.IsFragment)
        {
            return 0;
        }

        var transport = packet.Payload;
        int header;
        if (packet.Protocol == Ipv4Packet.Tcp && transport.Length > 20)
        {
            header = (transport[12] >> 4) * 4;
            if (header < 20 || header >= transport.Length || (transport[13] & ~Psh) != Ack)
            {
                return 0;
            }
        }
        else if (packet.Protocol == Ipv4Packet.Udp && transport.Length > 8)
        {
            header = 8;
            if (BinaryPrimitives.ReadUInt16BigEndian(transport[4..]) != transport.Length || BinaryPrimitives.ReadUInt16BigEndian(transport[6..]) == 0)
            {
                return 0;
            }
        }
        else
        {
            return 0;
        }

        // The kernel will not look at the checksum of a joined packet again.
        var sum = InternetChecksum.Add(transport, InternetChecksum.PseudoHeader(bytes, packet.Protocol, transport.Length));
        return InternetChecksum.Fold(sum) == ushort.MaxValue ? Ipv4Packet.LeastHeader + header : 0;
    }

    private void Begin(byte* start, scoped in Ipv4Packet packet, int header)
    {
        first = start;
        packets = 1;
        headerLength = header;
        transportStart = packet.HeaderLength;
        protocol = packet.Protocol;
        total = packet.Bytes.Length;
        segmentLength = total - header;
        vectors.Start[0] = new IoVector { Start = (byte*)virtio.Start, Length = VirtioHeader.Size };
        vectors.Start[1] = new IoVector { Start = start, Length = (nuint)total };
        if (header > 0 && protocol == Ipv4Packet.Tcp)
        {
            nextSequence = BinaryPrimitives.ReadUInt32BigEndian(packet.Payload[4..]) + (uint)segmentLength;
            closed = (packet.Payload[13] & Psh) != 0;
        }
        else
        {
            closed = false;
        }
    }

    /// <summary>True if it follows what was gathered, with headers that differ only in what cutting makes anew.</summary>
    private bool Continues(scoped in Ipv4Packet packet, int header)
    {
        var length = packet.Bytes.Length - header;
        if (closed || header != headerLength || packet.Protocol != protocol || length > segmentLength || packets == MostPackets || total + length > MostBytes)
        {
            return false;
        }

        var own = new ReadOnlySpan<byte>(first, headerLength);
        var bytes = packet.Bytes;

        // Type of service, don't-fragment, time to live and protocol, addresses, ports.
        if (own[1] != bytes[1] || own[6] != bytes[6] || own[8] != bytes[8] || !own.Slice(12, 12).SequenceEqual(bytes.Slice(12, 12)))
        {
            return false;
        }

        // Acknowledgement, window and options of TCP; the sequence goes on where the last one ended.
        return protocol == Ipv4Packet.Udp
            || (BinaryPrimitives.ReadUInt32BigEndian(bytes[(transportStart + 4)..]) == nextSequence
                && own.Slice(transportStart + 8, 5).SequenceEqual(bytes.Slice(transportStart + 8, 5))
                && own.Slice(transportStart + 14, 2).SequenceEqual(bytes.Slice(transportStart + 14, 2))
                && own[(transportStart + 20)..].SequenceEqual(bytes[(transportStart + 20)..header]));
    }

    private void Append(byte* start, scoped in Ipv4Packet packet, int header)
    {
        var length = packet.Bytes.Length - header;
        packets++;
        vectors.Start[packets] = new IoVector { Start = start + header, Length = (nuint)length };
        total += length;
        nextSequence += (uint)length;
        closed = length < segmentLength;
        if (protocol == Ipv4Packet.Tcp && (packet.Payload[13] & Psh) != 0)
        {
            first[transportStart + 13] |= Psh;
            closed = true;
        }
    }

    private void WriteJoined()
    {
        var header = new Span<byte>(first, headerLength);
        var isTcp = protocol == Ipv4Packet.Tcp;
        var transport = header[transportStart..];
        var transportLength = total - transportStart;

        // Should the kernel not know joined UDP, the first packet must still be whole.
        Span<byte> before = stackalloc byte[Ipv4Packet.LeastHeader + 60];
        header.CopyTo(before);
        Ipv4Packet.SetLength(header[..transportStart], total);
        if (!isTcp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transportLength);
        }

        MemoryMarshal.Write(transport[(isTcp ? 16 : 6)..], InternetChecksum.Fold(InternetChecksum.PseudoHeader(header, protocol, transportLength)));
        *virtio.Start = new VirtioHeader
        {
            Flags = VirtioHeader.NeedsChecksum,
            GsoType = isTcp ? VirtioHeader.GsoTcpV4 : VirtioHeader.GsoUdpL4,
            HeaderLength = (ushort)headerLength,
            GsoSize = (ushort)segmentLength,
            ChecksumStart = (ushort)transportStart,
            ChecksumOffset = (ushort)(isTcp ? 16 : 6),
        };
        if (isTcp)
        {
            Require(tun.Write(vectors.Start, packets + 1), packets);
        }
        else if (!tun.TryWriteUdpSegments(vectors.Start, packets + 1))
        {
            before[..headerLength].CopyTo(header);
            WriteOneByOne();
        }
    }

    /// <summary>The packets of a flow as they came; their headers still lie before their data.</summary>
    private void WriteOneByOne()
    {
        *virtio.Start = default;
        var pair = stackalloc IoVector[2];
        for (var i = 1; i <= packets; i++)
        {
            pair[0] = vectors.Start[0];
            pair[1] = i == 1 ? vectors.Start[1] : new IoVector { Start = vectors.Start[i].Start - headerLength, Length = vectors.Start[i].Length + (nuint)headerLength };
            Require(tun.Write(pair, 2), 1);
        }
    }
}
