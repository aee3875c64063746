using System.Buffers.Binary;

namespace Podwire.Ruleset;

/// <summary>
/// The bytes of a key or a value as the kernel keeps them: one field at its own length, or a concatenation in which every field is
/// padded to 4 bytes. At most 64 bytes (NFT_DATA_VALUE_MAXLEN, linux/netfilter/nf_tables.h). Ordered byte by byte.
/// </summary>
public readonly struct NftData : IEquatable<NftData>, IComparable<NftData>
{
    private readonly byte[]? bytes;

    private NftData(byte[] owned) => bytes = owned;

    /// <summary>The length in bytes; 0 for <c>default</c>.</summary>
    public int Length => bytes?.Length ?? 0;

    /// <summary>True for <c>default</c>: no value.</summary>
    public bool IsNone => bytes is null;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>One field at its own length.</summary>
    public static NftData Of(NftScalar field)
    {
        var bytes = new byte[field.Size];
        field.WriteTo(bytes);
        return new(bytes);
    }

    /// <summary>The concatenation of two or more fields, each padded to 4 bytes; of one field, the field at its own length.</summary>
    public static NftData Of(params ReadOnlySpan<NftScalar> fields)
    {
        if (fields.Length == 1)
        {
            return Of(fields[0]);
        }

        var length = 0;
        foreach (ref readonly var field in fields)
        {
            length += (field.Size + 3) & ~3;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 64, nameof(fields));
        var bytes = new byte[length];
        var at = 0;
        foreach (ref readonly var field in fields)
        {
            field.WriteTo(bytes.AsSpan(at));
            at += (field.Size + 3) & ~3;
        }

        return new(bytes);
    }

    /// <summary>The bytes as they are, copied.</summary>
    public static NftData FromBytes(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, 64);
        return new(bytes.ToArray());
    }

    /// <summary>A number in host order, 4 bytes.</summary>
    public static NftData Integer(uint value) => Of(NftScalar.Integer(value));

    /// <summary>The first 4 bytes as a number in host order; 0 if there are fewer.</summary>
    public uint ToUInt32() => Length < 4 ? 0 : BitConverter.ToUInt32(Span);

    /// <summary>The value after this one, reading the bytes as one big-endian number; false after the last.</summary>
    public bool TryIncrement(out NftData next) => TryStep(0xFF, 1, out next);

    /// <summary>The value before this one, reading the bytes as one big-endian number; false before zero.</summary>
    public bool TryDecrement(out NftData previous) => TryStep(0x00, -1, out previous);

    private bool TryStep(byte carries, int by, out NftData result)
    {
        var copy = Span.ToArray();
        for (var i = copy.Length - 1; i >= 0; i--)
        {
            var carry = copy[i] == carries;
            copy[i] = (byte)(copy[i] + by);
            if (!carry)
            {
                result = new(copy);
                return true;
            }
        }

        result = default;
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(NftData other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NftData other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var span = Span;
        var hash = (uint)span.Length;
        for (; span.Length >= 4; span = span[4..])
        {
            hash = (System.Numerics.BitOperations.RotateLeft(hash, 5) ^ BinaryPrimitives.ReadUInt32LittleEndian(span)) * 0x9E3779B1;
        }

        foreach (var b in span)
        {
            hash = (System.Numerics.BitOperations.RotateLeft(hash, 5) ^ b) * 0x9E3779B1;
        }

        return (int)(hash ^ (hash >> 15));
    }

    /// <inheritdoc/>
    public int CompareTo(NftData other) => Span.SequenceCompareTo(other.Span);

    /// <summary>Byte by byte.</summary>
    public static bool operator ==(NftData left, NftData right) => left.Equals(right);

    /// <summary>Byte by byte.</summary>
    public static bool operator !=(NftData left, NftData right) => !left.Equals(right);

    /// <summary>Byte by byte.</summary>
    public static bool operator <(NftData left, NftData right) => left.CompareTo(right) < 0;

    /// <summary>Byte by byte.</summary>
    public static bool operator >(NftData left, NftData right) => left.CompareTo(right) > 0;

    /// <summary>Byte by byte.</summary>
    public static bool operator <=(NftData left, NftData right) => left.CompareTo(right) <= 0;

    /// <summary>Byte by byte.</summary>
    public static bool operator >=(NftData left, NftData right) => left.CompareTo(right) >= 0;

    /// <summary>A single field is a value.</summary>
    public static implicit operator NftData(NftScalar field) => Of(field);

    /// <summary>The bytes in hexadecimal.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}
