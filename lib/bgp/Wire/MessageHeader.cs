using System.Buffers.Binary;

namespace Podwire.Bgp.Wire;

/// <summary>The 19 octets before every message: marker, length, type (RFC 4271 section 4.1).</summary>
public static class MessageHeader
{
    /// <summary>Octets of a header, and of the shortest message.</summary>
    public const int Size = 19;

    /// <summary>The longest message unless both ends take extended ones.</summary>
    public const int LongestMessage = 4096;

    /// <summary>The longest message with the extended message capability (RFC 8654).</summary>
    public const int LongestExtendedMessage = 65535;

    /// <summary>A whole KEEPALIVE.</summary>
    public static ReadOnlyMemory<byte> Keepalive { get; } = Build(BgpMessageType.Keepalive, []);

    /// <summary>
    /// Reads the header at the start of <paramref name="data"/>; false if the message is not all there yet. OPEN and KEEPALIVE never get longer
    /// than 4,096 octets (RFC 8654 section 2).
    /// </summary>
    /// <exception cref="BgpProtocolException">Marker, length or type are wrong.</exception>
    public static bool TryRead(ReadOnlySpan<byte> data, int longest, out BgpMessageType type, out int length)
    {
        (type, length) = (default, 0);
        if (data.Length < Size)
        {
            // A marker that is wrong so far will not get right.
            if (data.Length > 0 && data[..Math.Min(16, data.Length)].ContainsAnyExcept((byte)0xff))
            {
                throw NotSynchronized();
            }

            return false;
        }

        if (data[..16].ContainsAnyExcept((byte)0xff))
        {
            throw NotSynchronized();
        }

        length = BinaryPrimitives.ReadUInt16BigEndian(data[16..]);
        type = (BgpMessageType)data[18];
        if (type is < BgpMessageType.Open or > BgpMessageType.RouteRefresh)
        {
            throw new BgpProtocolException(BgpErrorCode.MessageHeader, BgpSubcode.HeaderBadType, $"message type {data[18]} is unknown", [data[18]]);
        }

        var isFixed = type is BgpMessageType.Open or BgpMessageType.Keepalive;
        var shortest = type switch
        {
            BgpMessageType.Open => Size + 10,
            BgpMessageType.Update => Size + 4,
            BgpMessageType.Notification => Size + 2,
            BgpMessageType.RouteRefresh => Size + 4,
            _ => Size,
        };
        if (length < shortest || length > (isFixed ? LongestMessage : longest) || (type == BgpMessageType.Keepalive && length != Size))
        {
            throw new BgpProtocolException(BgpErrorCode.MessageHeader, BgpSubcode.HeaderBadLength, $"a message of type {type} cannot have {length} octets", data.Slice(16, 2).ToArray());
        }

        return data.Length >= length;
    }

    /// <summary>Writes a header for a message whose length is the span's.</summary>
    public static void Write(Span<byte> message, BgpMessageType type)
    {
        message[..16].Fill(0xff);
        BinaryPrimitives.WriteUInt16BigEndian(message[16..], checked((ushort)message.Length));
        message[18] = (byte)type;
    }

    /// <summary>A whole message around a body.</summary>
    public static byte[] Build(BgpMessageType type, ReadOnlySpan<byte> body)
    {
        var message = new byte[Size + body.Length];
        body.CopyTo(message.AsSpan(Size));
        Write(message, type);
        return message;
    }

    private static BgpProtocolException NotSynchronized() => new(BgpErrorCode.MessageHeader, BgpSubcode.HeaderNotSynchronized, "the marker is not all ones");
}
