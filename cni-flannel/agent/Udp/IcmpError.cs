using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>ICMP errors (RFC 792) to the sender of a packet, by the rules of RFC 1812 section 4.3.2.7.</summary>
internal static class IcmpError
{
    /// <summary>Destination unreachable, code 0: network.</summary>
    public const byte Unreachable = 3;

    /// <summary>Time exceeded, code 0: in transit.</summary>
    public const byte TimeExceeded = 11;

    /// <summary>The longest error: two headers and eight bytes.</summary>
    public const int MostLength = Ipv4Packet.LeastHeader + 8 + 60 + 8;

    private const int HeaderLength = 8;
    private const int QuotedData = 8;

    /// <summary>Builds the error; 0 if there must be none: for an ICMP error, a later fragment, to or from a multicast address.</summary>
    /// <param name="type">Which.</param>
    /// <param name="source">This node's address in the pod network, in host order.</param>
    /// <param name="packet">The packet that could not go on.</param>
    /// <param name="error">Where it goes, <see cref="MostLength"/> bytes.</param>
    public static int Build(byte type, uint source, scoped in Ipv4Packet packet, Span<byte> error)
    {
        if (packet.IsLaterFragment || packet.Destination >> 28 >= 0xE || packet.Source >> 28 >= 0xE || packet.Source == 0 || IsIcmpError(packet))
        {
            return 0;
        }

        var quoted = Math.Min(packet.Bytes.Length, packet.HeaderLength + QuotedData);
        var length = Ipv4Packet.LeastHeader + HeaderLength + quoted;
        error[..(Ipv4Packet.LeastHeader + HeaderLength)].Clear();
        error[0] = 0x45;

        // Precedence «internetwork control».
        error[1] = 0xC0;
        error[8] = 64;
        error[9] = Ipv4Packet.Icmp;
        BinaryPrimitives.WriteUInt32BigEndian(error[12..], source);
        BinaryPrimitives.WriteUInt32BigEndian(error[16..], packet.Source);
        Ipv4Packet.SetLength(error[..Ipv4Packet.LeastHeader], length);
        var icmp = error[Ipv4Packet.LeastHeader..length];
        icmp[0] = type;
        packet.Bytes[..quoted].CopyTo(icmp[HeaderLength..]);
        MemoryMarshal.Write(icmp[2..], InternetChecksum.Finish(InternetChecksum.Add(icmp)));
        return length;
    }

    private static bool IsIcmpError(scoped in Ipv4Packet packet) =>
        packet.Protocol == Ipv4Packet.Icmp && (packet.Payload.Length == 0 || packet.Payload[0] is 3 or 4 or 5 or 11 or 12);
}
