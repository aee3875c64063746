namespace Podwire.ApiServer.Schema;

/// <summary>Reads the fields of one protobuf message (encoding of protobuf.dev/programming-guides/encoding); malformed input is a FormatException.</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int BytesType = 2;
    private const int Fixed32Type = 5;

    private ReadOnlySpan<byte> rest = message;

    /// <summary>The number of the field that was read.</summary>
    public int Number { get; private set; }

    /// <summary>The value of a varint field.</summary>
    public long Value { get; private set; }

    /// <summary>True if the field holds bytes: a text, bytes or a message.</summary>
    public bool IsBytes { get; private set; }

    /// <summary>The content of a bytes field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Moves to the next field; false at the end of the message.</summary>
    public bool Read()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var key = Varint();
        if (key >> 3 is 0 or > 536_870_911)
        {
            throw new FormatException("a protobuf field has an impossible number");
        }

        Number = (int)(key >> 3);
        IsBytes = (key & 7) == BytesType;
        Bytes = default;
        Value = 0;
        switch (key & 7)
        {
            case VarintType:
                Value = (long)Varint();
                break;
            case BytesType:
                var length = Varint();
                Bytes = Take(length > int.MaxValue ? int.MaxValue : (int)length);
                break;
            case Fixed64Type:
                Take(8);
                break;
            case Fixed32Type:
                Take(4);
                break;
            default:
                throw new FormatException($"protobuf wire type {key & 7} is not in use");
        }

        return true;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > rest.Length)
        {
            throw new FormatException("the protobuf message is cut short");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("a protobuf number is longer than ten bytes");
    }
}
