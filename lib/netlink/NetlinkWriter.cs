using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// Writes netlink messages (linux/netlink.h) one behind the other into a span that the caller lends, usually on the stack;
/// what does not fit moves to a pooled array. Padding is zeroed, nests carry NLA_F_NESTED, and an attribute that outgrows
/// its 16-bit length is refused. Call <see cref="Dispose"/> in a finally block.
/// </summary>
public ref struct NetlinkWriter
{
    private const ushort NestedFlag = 0x8000;

    private Span<byte> buffer;
    private byte[]? pooled;
    private int position;
    private int messageStart;

    /// <summary>Begins in <paramref name="initial"/>, which need not be zeroed.</summary>
    public NetlinkWriter(Span<byte> initial)
    {
        buffer = initial;
        messageStart = -1;
    }

    /// <summary>The messages written so far; the socket fills in their sequence numbers when it sends them.</summary>
    public readonly Span<byte> Written => buffer[..position];

    /// <summary>How many bytes are written.</summary>
    public readonly int Length => position;

    /// <summary>Starts a message. NLM_F_REQUEST is added.</summary>
    /// <exception cref="InvalidOperationException">The previous message was not ended.</exception>
    public void BeginMessage(ushort type, NetlinkFlags flags)
    {
        if (messageStart >= 0)
        {
            throw new InvalidOperationException("the previous message is not ended");
        }

        messageStart = position;
        var header = Take(NetlinkMessage.HeaderLength);
        header.Clear();
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)(flags | NetlinkFlags.Request));
    }

    /// <summary>Ends the message: fills in its length.</summary>
    public void EndMessage()
    {
        if (messageStart < 0)
        {
            throw new InvalidOperationException("no message was begun");
        }

        MemoryMarshal.Write(buffer[messageStart..], (uint)(position - messageStart));
        messageStart = -1;
    }

    /// <summary>The family's header structure behind the message header, padded to four bytes.</summary>
    public void Header<T>(in T header)
        where T : unmanaged
    {
        var size = SizeOf<T>();
        MemoryMarshal.Write(TakePadded(size), in header);
    }

    /// <summary>Opens an attribute that holds attributes; close it with <see cref="EndNested"/>.</summary>
    /// <returns>The token that closes it.</returns>
    public int BeginNested(int type) => BeginAttribute(type | NestedFlag);

    /// <summary>Opens an attribute whose value is written by <see cref="Header{T}"/> and further attributes, without NLA_F_NESTED.</summary>
    /// <returns>The token that closes it.</returns>
    public int BeginAttribute(int type)
    {
        var start = position;
        var header = Take(AttributeReader.HeaderLength);
        MemoryMarshal.Write(header[2..], (ushort)type);
        return start;
    }

    /// <summary>Closes what <see cref="BeginNested"/> or <see cref="BeginAttribute"/> opened.</summary>
    /// <exception cref="InvalidOperationException">More than 65,535 bytes: the length is a u16.</exception>
    public void EndNested(int token) => MemoryMarshal.Write(buffer[token..], AttributeLength(position - token));

    /// <summary>An attribute without a value.</summary>
    public void Flag(int type) => Attribute(type, 0);

    /// <summary>A u8.</summary>
    public void Byte(int type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>A u16 in host order.</summary>
    public void UInt16(int type, ushort value) => MemoryMarshal.Write(Attribute(type, 2), in value);

    /// <summary>A u32 in host order.</summary>
    public void UInt32(int type, uint value) => MemoryMarshal.Write(Attribute(type, 4), in value);

    /// <summary>An s32 in host order.</summary>
    public void Int32(int type, int value) => MemoryMarshal.Write(Attribute(type, 4), in value);

    /// <summary>A u64 in host order.</summary>
    public void UInt64(int type, ulong value) => MemoryMarshal.Write(Attribute(type, 8), in value);

    /// <summary>A __be16.</summary>
    public void UInt16BigEndian(int type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), value);

    /// <summary>A __be32.</summary>
    public void UInt32BigEndian(int type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), value);

    /// <summary>A __be64.</summary>
    public void UInt64BigEndian(int type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Attribute(type, 8), value);

    /// <summary>A string with its zero byte (NLA_NUL_STRING).</summary>
    public void String(int type, scoped ReadOnlySpan<char> value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        var target = Attribute(type, size + 1);
        Encoding.UTF8.GetBytes(value, target);
        target[size] = 0;
    }

    /// <summary>Bytes as they are.</summary>
    public void Bytes(int type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An IPv4 or IPv6 address in network order.</summary>
    public void Address(int type, IpAddress value) => value.WriteTo(Attribute(type, value.Size));

    /// <summary>An Ethernet address.</summary>
    public void Mac(int type, MacAddress value) => value.WriteTo(Attribute(type, 6));

    /// <summary>A kernel structure.</summary>
    public void Struct<T>(int type, in T value)
        where T : unmanaged => MemoryMarshal.Write(Attribute(type, SizeOf<T>()), in value);

    /// <summary>Forgets what is written and keeps the buffer.</summary>
    public void Clear()
    {
        position = 0;
        messageStart = -1;
    }

    /// <summary>Gives the pooled array back.</summary>
    public void Dispose()
    {
        if (pooled is not null)
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }

        this = default;
        messageStart = -1;
    }

    private static unsafe int SizeOf<T>()
        where T : unmanaged => sizeof(T);

    private static ushort AttributeLength(int length) => length <= ushort.MaxValue
        ? (ushort)length
        : throw new InvalidOperationException($"an attribute of {length} bytes does not fit a 16-bit length");

    private Span<byte> Attribute(int type, int size)
    {
        var length = AttributeLength(AttributeReader.HeaderLength + size);
        var whole = TakePadded(length);
        MemoryMarshal.Write(whole, length);
        MemoryMarshal.Write(whole[2..], (ushort)type);
        return whole.Slice(AttributeReader.HeaderLength, size);
    }

    private Span<byte> TakePadded(int size)
    {
        var taken = Take((size + 3) & ~3);
        taken[size..].Clear();
        return taken[..size];
    }

    private Span<byte> Take(int size)
    {
        if (buffer.Length - position < size)
        {
            Grow(size);
        }

        var taken = buffer.Slice(position, size);
        position += size;
        return taken;
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(position + size, Math.Max(buffer.Length * 2, 4096)));
        buffer[..position].CopyTo(larger);
        if (pooled is not null)
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }

        pooled = larger;
        buffer = larger;
    }
}
