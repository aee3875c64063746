using System.Buffers.Binary;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Ruleset;

/// <summary>
/// One field of a key or a value, as the bytes that the kernel keeps in a register: at most 16, held without a heap object.
/// Addresses, protocols and ports are in network order, marks and plain numbers in host order.
/// </summary>
public readonly record struct NftScalar
{
    // The bytes in register order, first byte in the most significant position.
    private readonly UInt128 bytes;

    private NftScalar(ReadOnlySpan<byte> source)
    {
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        source.CopyTo(padded);
        bytes = BinaryPrimitives.ReadUInt128BigEndian(padded);
        Size = (byte)source.Length;
    }

    private NftScalar(UInt128 bytes, byte size)
    {
        this.bytes = bytes;
        Size = size;
    }

    /// <summary>The length in bytes, 1 to 16.</summary>
    public byte Size { get; }

    /// <summary>An IPv4 or IPv6 address.</summary>
    public static NftScalar Address(IpAddress address) => new(address.IsV4 ? address.Value << 96 : address.Value, (byte)address.Size);

    /// <summary>A transport protocol.</summary>
    public static NftScalar Protocol(IpProtocol protocol) => Byte((byte)protocol);

    /// <summary>A port, 0 to 65535.</summary>
    public static NftScalar Port(ushort port) => new((UInt128)port << 112, 2);

    /// <summary>A packet or connection mark.</summary>
    public static NftScalar Mark(uint mark) => Integer(mark);

    /// <summary>A 32-bit number in host order: a numgen slot, ct state bits, an interface index.</summary>
    public static NftScalar Integer(uint value)
    {
        var big = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
        return new((UInt128)big << 96, 4);
    }

    /// <summary>A single byte.</summary>
    public static NftScalar Byte(byte value) => new((UInt128)value << 120, 1);

    /// <summary>A link's name in its 16 bytes.</summary>
    /// <exception cref="ArgumentException">Longer than 15 bytes (IFNAMSIZ, linux/if.h).</exception>
    public static NftScalar InterfaceName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Span<byte> padded = stackalloc byte[16];
        padded.Clear();
        if (Encoding.UTF8.GetByteCount(name) > 15)
        {
            throw new ArgumentException($"'{name}' is longer than an interface name can be", nameof(name));
        }

        Encoding.UTF8.GetBytes(name, padded);
        return new(padded);
    }

    /// <summary>The bytes as they are, 1 to 16 of them.</summary>
    public static NftScalar Bytes(ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfZero(value.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 16);
        return new(value);
    }

    /// <summary>Writes the bytes and returns how many.</summary>
    public int WriteTo(Span<byte> destination)
    {
        Span<byte> all = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(all, bytes);
        all[..Size].CopyTo(destination);
        return Size;
    }

    /// <summary>An address is a field.</summary>
    public static implicit operator NftScalar(IpAddress address) => Address(address);

    /// <summary>A protocol is a field.</summary>
    public static implicit operator NftScalar(IpProtocol protocol) => Protocol(protocol);

    /// <summary>The bytes in hexadecimal.</summary>
    public override string ToString() => NftData.Of(this).ToString();
}
