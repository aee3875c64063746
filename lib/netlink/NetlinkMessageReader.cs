using System.Runtime.InteropServices;

namespace Podwire.Netlink;

/// <summary>Takes a datagram apart into messages.</summary>
public ref struct NetlinkMessageReader
{
    private readonly ReadOnlySpan<byte> datagram;
    private int position;

    /// <summary>Over one datagram as it was received.</summary>
    public NetlinkMessageReader(ReadOnlySpan<byte> datagram) => this.datagram = datagram;

    /// <summary>The next message, or false at the end.</summary>
    /// <exception cref="NetlinkProtocolException">A length below the header's, or beyond the datagram.</exception>
    public bool Read(out NetlinkMessage message)
    {
        message = default;
        var rest = datagram[Math.Min(position, datagram.Length)..];
        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest.Length < NetlinkMessage.HeaderLength)
        {
            throw new NetlinkProtocolException($"{rest.Length} bytes are too short for a header", position);
        }

        var length = MemoryMarshal.Read<uint>(rest);
        if (length < NetlinkMessage.HeaderLength || length > (uint)rest.Length)
        {
            throw new NetlinkProtocolException($"message length {length}, {rest.Length} bytes are left", position);
        }

        message = new NetlinkMessage(
            MemoryMarshal.Read<ushort>(rest[4..]),
            (NetlinkFlags)MemoryMarshal.Read<ushort>(rest[6..]),
            MemoryMarshal.Read<uint>(rest[8..]),
            MemoryMarshal.Read<uint>(rest[12..]),
            rest[NetlinkMessage.HeaderLength..(int)length],
            position + NetlinkMessage.HeaderLength);
        position += ((int)length + 3) & ~3;
        return true;
    }
}
