using System.Buffers.Binary;

namespace Podwire.Bgp.Wire;

/// <summary>Writes attributes with the shortest header that fits.</summary>
internal static class AttributeWriter
{
    /// <summary>Writes one attribute and returns its octets.</summary>
    public static int Put(Span<byte> destination, AttributeType type, AttributeFlags flags, ReadOnlySpan<byte> value)
    {
        var isLong = value.Length > 255;
        destination[0] = (byte)(isLong ? flags | AttributeFlags.ExtendedLength : flags & ~AttributeFlags.ExtendedLength);
        destination[1] = (byte)type;
        var header = isLong ? 4 : 3;
        if (isLong)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)value.Length);
        }
        else
        {
            destination[2] = (byte)value.Length;
        }

        value.CopyTo(destination[header..]);
        return header + value.Length;
    }

    /// <summary>Writes an attribute of 32-bit words.</summary>
    public static int Put(Span<byte> destination, AttributeType type, AttributeFlags flags, params ReadOnlySpan<uint> words)
    {
        Span<byte> value = new byte[4 * words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value[(4 * i)..], words[i]);
        }

        return Put(destination, type, flags, value);
    }
}
