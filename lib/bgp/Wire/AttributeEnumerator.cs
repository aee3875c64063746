using System.Buffers.Binary;

namespace Podwire.Bgp.Wire;

/// <summary>Walks over the attributes of a block; <see cref="IsTruncated"/> tells a length that overruns it.</summary>
public ref struct AttributeEnumerator(ReadOnlySpan<byte> block)
{
    private readonly ReadOnlySpan<byte> block = block;
    private int next;

    /// <summary>Flags as sent.</summary>
    public AttributeFlags Flags { get; private set; }

    /// <summary>The type.</summary>
    public AttributeType Type { get; private set; }

    /// <summary>The value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The whole attribute with its header.</summary>
    public ReadOnlySpan<byte> Whole { get; private set; }

    /// <summary>Where the value begins in the block.</summary>
    public int ValueOffset { get; private set; }

    /// <summary>True after the last attribute if what follows is no whole attribute.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Moves to the next attribute; false at the end, or where an attribute is cut off.</summary>
    public bool MoveNext()
    {
        var rest = block[next..];
        if (rest.IsEmpty)
        {
            return false;
        }

        var header = rest.Length > 0 && ((AttributeFlags)rest[0] & AttributeFlags.ExtendedLength) != 0 ? 4 : 3;
        if (rest.Length < header)
        {
            IsTruncated = true;
            return false;
        }

        var length = header == 4 ? BinaryPrimitives.ReadUInt16BigEndian(rest[2..]) : rest[2];
        if (rest.Length < header + length)
        {
            IsTruncated = true;
            return false;
        }

        (Flags, Type) = ((AttributeFlags)rest[0], (AttributeType)rest[1]);
        Whole = rest[..(header + length)];
        Value = rest.Slice(header, length);
        ValueOffset = next + header;
        next += header + length;
        return true;
    }
}
