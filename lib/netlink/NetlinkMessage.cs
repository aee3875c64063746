namespace Podwire.Netlink;

/// <summary>One message of a datagram: the decoded <c>struct nlmsghdr</c> (linux/netlink.h) and its payload.</summary>
public readonly ref struct NetlinkMessage
{
    /// <summary>NLMSG_NOOP.</summary>
    public const ushort Noop = 1;

    /// <summary>NLMSG_ERROR: an error, or with errno 0 an acknowledgement.</summary>
    public const ushort Error = 2;

    /// <summary>NLMSG_DONE: the end of a dump.</summary>
    public const ushort Done = 3;

    /// <summary>The length of <c>struct nlmsghdr</c> in bytes.</summary>
    public const int HeaderLength = 16;

    internal NetlinkMessage(ushort type, NetlinkFlags flags, uint sequence, uint portId, ReadOnlySpan<byte> payload, int offset)
    {
        Type = type;
        Flags = flags;
        Sequence = sequence;
        PortId = portId;
        Payload = payload;
        Offset = offset;
    }

    /// <summary>The message type, such as RTM_NEWLINK.</summary>
    public ushort Type { get; }

    /// <summary>The header's flags.</summary>
    public NetlinkFlags Flags { get; }

    /// <summary>The sequence number of the request this answers; 0 for notifications nobody asked for.</summary>
    public uint Sequence { get; }

    /// <summary>The port the answer is for.</summary>
    public uint PortId { get; }

    /// <summary>What follows the header, without padding.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Where the payload begins, in bytes from the start of the datagram.</summary>
    public int Offset { get; }

    /// <summary>The attributes behind a family header of <paramref name="headerLength"/> bytes.</summary>
    /// <exception cref="NetlinkProtocolException">The payload is shorter than that header.</exception>
    public AttributeReader Attributes(int headerLength)
    {
        if (Payload.Length < headerLength)
        {
            throw new NetlinkProtocolException($"message type {Type} has {Payload.Length} bytes, its header needs {headerLength}", Offset);
        }

        // NLMSG_ALIGN: attributes begin at a multiple of four (struct rtgenmsg has one byte).
        var start = Math.Min((headerLength + 3) & ~3, Payload.Length);
        return new AttributeReader(Payload[start..], Offset + start);
    }
}
