namespace Podwire.Netlink.Nftables;

/// <summary>Writes userdata entries: type and length in one byte each, then the value.</summary>
internal ref struct TlvWriter(Span<byte> destination)
{
    private readonly Span<byte> destination = destination;

    /// <summary>How many bytes are written.</summary>
    public int Length { get; private set; }

    /// <summary>A number in host order.</summary>
    public void UInt32(int type, uint value)
    {
        var token = Begin(type);
        BitConverter.TryWriteBytes(destination[Length..], value);
        Length += 4;
        End(token);
    }

    /// <summary>Text with its closing zero.</summary>
    public void String(int type, string value)
    {
        var token = Begin(type);
        Length += System.Text.Encoding.UTF8.GetBytes(value, destination[Length..]);
        destination[Length++] = 0;
        End(token);
    }

    /// <summary>Bytes as they are.</summary>
    public void Bytes(int type, scoped ReadOnlySpan<byte> value)
    {
        var token = Begin(type);
        value.CopyTo(destination[Length..]);
        Length += value.Length;
        End(token);
    }

    /// <summary>Opens an entry that holds entries.</summary>
    public int Begin(int type)
    {
        destination[Length] = (byte)type;
        Length += 2;
        return Length;
    }

    /// <summary>Closes what <see cref="Begin"/> opened.</summary>
    /// <exception cref="InvalidOperationException">More than 255 bytes: the length is a byte.</exception>
    public readonly void End(int token)
    {
        var length = Length - token;
        destination[token - 1] = length <= byte.MaxValue ? (byte)length : throw new InvalidOperationException($"{length} bytes do not fit a length of one byte");
    }
}
