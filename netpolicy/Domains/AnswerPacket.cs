using System.Buffers.Binary;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Domains;

/// <summary>A packet of UDP or TCP, as far as answers in it are looked for. Every length is checked: the packet is anybody's.</summary>
internal readonly ref struct AnswerPacket
{
    private const int UdpHeaderLength = 8;
    private const int TcpHeaderLength = 20;
    private const int MostExtensions = 8;

    private AnswerPacket(bool isTcp, (IpAddress, ushort, IpAddress, ushort) flow, uint sequence, byte flags, ReadOnlySpan<byte> payload)
    {
        (IsTcp, Flow, Sequence, Flags) = (isTcp, flow, sequence, flags);
        Payload = payload;
    }

    /// <summary>TCP or UDP.</summary>
    public bool IsTcp { get; }

    /// <summary>From and to.</summary>
    public (IpAddress Source, ushort SourcePort, IpAddress Destination, ushort DestinationPort) Flow { get; }

    /// <summary>The number of the first byte in a stream.</summary>
    public uint Sequence { get; }

    /// <summary>The flags of TCP.</summary>
    public byte Flags { get; }

    /// <summary>True for the first packet of a stream (SYN).</summary>
    public bool IsFirst => (Flags & 2) != 0;

    /// <summary>True for the last one (FIN or RST).</summary>
    public bool IsLast => (Flags & 5) != 0;

    /// <summary>What it carries.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Reads a packet from its IP header on; false if it is of another protocol, a fragment, or cut off.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out AnswerPacket read)
    {
        read = default;
        if (packet.Length < 20)
        {
            return false;
        }

        IpAddress source, destination;
        byte protocol;
        ReadOnlySpan<byte> rest;
        switch (packet[0] >> 4)
        {
            case 4:
                var header = (packet[0] & 15) * 4;
                var length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
                // A merged packet above 65,535 bytes says 0 (RFC 791 knows none such; the kernel's segmentation offload does).
                length = length == 0 ? (ushort)Math.Min(packet.Length, ushort.MaxValue) : length;
                if (header < 20 || length < header || length > packet.Length || (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x3FFF) != 0)
                {
                    return false;
                }

                (protocol, source, destination) = (packet[9], IpAddress.FromBytes(packet[12..16]), IpAddress.FromBytes(packet[16..20]));
                rest = packet[header..length];
                break;
            case 6 when packet.Length >= 40:
                var payload = BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
                if (payload > packet.Length - 40)
                {
                    return false;
                }

                (protocol, source, destination) = (packet[6], IpAddress.FromBytes(packet[8..24]), IpAddress.FromBytes(packet[24..40]));
                rest = payload == 0 ? packet[40..] : packet.Slice(40, payload);
                // Hop-by-hop options, routing, destination options (RFC 8200 section 4); conntrack has put fragments together.
                for (var i = 0; i < MostExtensions && protocol is 0 or 43 or 60; i++)
                {
                    if (rest.Length < 8 || ((rest[1] + 1) * 8) > rest.Length)
                    {
                        return false;
                    }

                    protocol = rest[0];
                    rest = rest[((rest[1] + 1) * 8)..];
                }

                break;
            default:
                return false;
        }

        return (IpProtocol)protocol switch
        {
            IpProtocol.Udp => TryReadUdp(source, destination, rest, out read),
            IpProtocol.Tcp => TryReadTcp(source, destination, rest, out read),
            _ => false,
        };
    }

    private static bool TryReadUdp(IpAddress source, IpAddress destination, ReadOnlySpan<byte> segment, out AnswerPacket read)
    {
        read = default;
        var length = segment.Length < UdpHeaderLength ? 0 : BinaryPrimitives.ReadUInt16BigEndian(segment[4..]);
        if (length < UdpHeaderLength || length > segment.Length)
        {
            return false;
        }

        read = new(false, Ends(source, destination, segment), 0, 0, segment[UdpHeaderLength..length]);
        return true;
    }

    private static bool TryReadTcp(IpAddress source, IpAddress destination, ReadOnlySpan<byte> segment, out AnswerPacket read)
    {
        read = default;
        var header = segment.Length < TcpHeaderLength ? 0 : (segment[12] >> 4) * 4;
        if (header < TcpHeaderLength || header > segment.Length)
        {
            return false;
        }

        read = new(true, Ends(source, destination, segment), BinaryPrimitives.ReadUInt32BigEndian(segment[4..]), segment[13], segment[header..]);
        return true;
    }

    private static (IpAddress, ushort, IpAddress, ushort) Ends(IpAddress source, IpAddress destination, ReadOnlySpan<byte> segment) =>
        (source, BinaryPrimitives.ReadUInt16BigEndian(segment), destination, BinaryPrimitives.ReadUInt16BigEndian(segment[2..]));
}
