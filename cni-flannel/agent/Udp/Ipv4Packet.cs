using System.Buffers.Binary;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>The IPv4 header (RFC 791 section 3.1) at the beginning of some bytes, its lengths checked.</summary>
internal readonly ref struct Ipv4Packet
{
    /// <summary>Protocol numbers (IANA).</summary>
    internal const byte Icmp = 1;
    internal const byte Tcp = 6;
    internal const byte Udp = 17;
    internal const int LeastHeader = 20;

    private Ipv4Packet(Span<byte> bytes, int headerLength)
    {
        Bytes = bytes;
        HeaderLength = headerLength;
    }

    /// <summary>The packet, without anything behind its end.</summary>
    public Span<byte> Bytes { get; }

    /// <summary>The length of the header, options included: 20 to 60.</summary>
    public int HeaderLength { get; }

    public Span<byte> Header => Bytes[..HeaderLength];

    public Span<byte> Payload => Bytes[HeaderLength..];

    public byte Protocol => Bytes[9];

    public byte TimeToLive => Bytes[8];

    public uint Source => BinaryPrimitives.ReadUInt32BigEndian(Bytes[12..]);

    public uint Destination => BinaryPrimitives.ReadUInt32BigEndian(Bytes[16..]);

    /// <summary>More fragments follow, or this is not the first one.</summary>
    public bool IsFragment => (BinaryPrimitives.ReadUInt16BigEndian(Bytes[6..]) & 0x3FFF) != 0;

    /// <summary>This is not the first fragment.</summary>
    public bool IsLaterFragment => (BinaryPrimitives.ReadUInt16BigEndian(Bytes[6..]) & 0x1FFF) != 0;

    /// <summary>
    /// Reads it; false if it is none or cut off. Bytes behind the total length are left out, unless <paramref name="wholeLength"/>: a packet that
    /// still has to be segmented may be longer than its length field can say.
    /// </summary>
    public static bool TryRead(Span<byte> bytes, out Ipv4Packet packet, bool wholeLength = false)
    {
        packet = default;
        if (bytes.Length < LeastHeader || bytes[0] >> 4 != 4)
        {
            return false;
        }

        var headerLength = (bytes[0] & 0xF) * 4;
        int total = wholeLength ? bytes.Length : BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (headerLength < LeastHeader || total < headerLength || total > bytes.Length)
        {
            return false;
        }

        packet = new Ipv4Packet(bytes[..total], headerLength);
        return true;
    }

    /// <summary>Takes one off the time to live and keeps the checksum right (RFC 1141); false if it was the last one, and nothing is changed.</summary>
    public bool TryDecrementTimeToLive()
    {
        var header = Bytes;
        if (header[8] <= 1)
        {
            return false;
        }

        header[8]--;
        var sum = BinaryPrimitives.ReadUInt16BigEndian(header[10..]) + 0x100u;
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)(sum + (sum >> 16)));
        return true;
    }

    /// <summary>Writes total length and checksum.</summary>
    public static void SetLength(Span<byte> header, int total)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)total);
        SetChecksum(header);
    }

    /// <summary>Writes the header's checksum.</summary>
    public static void SetChecksum(Span<byte> header)
    {
        header[10] = 0;
        header[11] = 0;
        System.Runtime.InteropServices.MemoryMarshal.Write(header[10..], InternetChecksum.Finish(InternetChecksum.Add(header)));
    }
}
