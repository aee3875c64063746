using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// Reads a run of attributes (<c>struct nlattr</c>, linux/netlink.h): call <see cref="Read"/>, look at <see cref="Type"/>,
/// take the value with the method of its kernel type. Every length is checked; types nobody asks for are stepped over.
/// </summary>
public ref struct AttributeReader
{
    /// <summary>NLA_TYPE_MASK: the type without NLA_F_NESTED and NLA_F_NET_BYTEORDER.</summary>
    public const int TypeMask = 0x3fff;

    /// <summary>The length of an attribute's header in bytes.</summary>
    public const int HeaderLength = 4;

    private readonly ReadOnlySpan<byte> data;
    private readonly int baseOffset;
    private int next;
    private int start;
    private int length;
    private ushort type;

    /// <summary>Over a run of attributes.</summary>
    /// <param name="data">The run; what is left behind the last attribute must be padding (below four bytes).</param>
    /// <param name="offset">Where the run begins in its datagram, for error texts.</param>
    public AttributeReader(ReadOnlySpan<byte> data, int offset = 0)
    {
        this.data = data;
        baseOffset = offset;
    }

    /// <summary>The type of the current attribute, flags masked.</summary>
    public readonly int Type => type & TypeMask;

    /// <summary>True if the current attribute says that it holds attributes (NLA_F_NESTED); older kernel code does not say so.</summary>
    public readonly bool IsNested => (type & 0x8000) != 0;

    /// <summary>The value's bytes, without padding.</summary>
    public readonly ReadOnlySpan<byte> Data => data.Slice(start, length);

    /// <summary>Where the value begins, in bytes from the start of the datagram.</summary>
    public readonly int Offset => baseOffset + start;

    /// <summary>Goes to the next attribute; false at the end.</summary>
    /// <exception cref="NetlinkProtocolException">A length below the header's or beyond the run.</exception>
    public bool Read()
    {
        var left = data.Length - next;
        if (left < HeaderLength)
        {
            return false;
        }

        var total = MemoryMarshal.Read<ushort>(data[next..]);
        if (total < HeaderLength || total > left)
        {
            throw new NetlinkProtocolException($"attribute length {total}, {left} bytes are left", baseOffset + next);
        }

        type = MemoryMarshal.Read<ushort>(data[(next + 2)..]);
        start = next + HeaderLength;
        length = total - HeaderLength;
        next = Math.Min(next + ((total + 3) & ~3), data.Length);
        return true;
    }

    /// <summary>The attributes inside the current one.</summary>
    public readonly AttributeReader Nested() => new(Data, Offset);

    /// <summary>A u8.</summary>
    public readonly byte Byte() => Exactly(1)[0];

    /// <summary>A u16 in host order.</summary>
    public readonly ushort UInt16() => MemoryMarshal.Read<ushort>(Exactly(2));

    /// <summary>A u32 in host order.</summary>
    public readonly uint UInt32() => MemoryMarshal.Read<uint>(Exactly(4));

    /// <summary>An s32 in host order.</summary>
    public readonly int Int32() => MemoryMarshal.Read<int>(Exactly(4));

    /// <summary>A u64 in host order.</summary>
    public readonly ulong UInt64() => MemoryMarshal.Read<ulong>(Exactly(8));

    /// <summary>A __be16.</summary>
    public readonly ushort UInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Exactly(2));

    /// <summary>A __be32.</summary>
    public readonly uint UInt32BigEndian() => BinaryPrimitives.ReadUInt32BigEndian(Exactly(4));

    /// <summary>A __be64.</summary>
    public readonly ulong UInt64BigEndian() => BinaryPrimitives.ReadUInt64BigEndian(Exactly(8));

    /// <summary>A string, up to its zero byte or the end.</summary>
    public readonly string String()
    {
        var zero = Data.IndexOf((byte)0);
        return Encoding.UTF8.GetString(zero < 0 ? Data : Data[..zero]);
    }

    /// <summary>An IPv4 or IPv6 address in network order.</summary>
    public readonly IpAddress Address() => IpAddress.TryFromBytes(Data, out var address) ? address : throw Malformed("4 or 16");

    /// <summary>A six-byte Ethernet address; false for the addresses of other kinds of link.</summary>
    public readonly bool TryMac(out MacAddress mac)
    {
        mac = length == 6 ? MacAddress.FromBytes(Data) : default;
        return length == 6;
    }

    /// <summary>The first <paramref name="size"/> bytes of a kernel structure, which later kernels may have made longer.</summary>
    public readonly ReadOnlySpan<byte> AtLeast(int size) => length >= size ? Data[..size] : throw Malformed($"at least {size}");

    private readonly ReadOnlySpan<byte> Exactly(int size) => length == size ? Data : throw Malformed($"{size}");

    private readonly NetlinkProtocolException Malformed(string wanted) => new($"attribute {Type} has {length} bytes, wanted {wanted}", Offset);
}
