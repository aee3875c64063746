using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// Datagrams on their way to sendmmsg(2). Consecutive ones to one node that have one length become one message that the kernel splits
/// (UDP_SEGMENT, linux/udp.h), the last of them may be shorter: on the wire they are what they would be alone. The bytes stay where they are until <see cref="Flush"/>.
/// </summary>
internal sealed unsafe class SendBatch : IDisposable
{
    // Limits of UDP_SEGMENT: UDP_MAX_SEGMENTS of older kernels, and the length of an IPv4 packet.
    private const int MostSegments = 64;
    private const int MostBytes = 65_000;
    private const int MostMessages = 1024;
    private const int MostVectors = 8192;
    private const int HeaderBytes = MostVectors / 2 * 128;

    private readonly UdpTunnelSocket socket;
    private readonly ForwardCounters counters;
    private readonly ushort port;
    private readonly NativeBuffer<MultiMessage> messages = new(MostMessages);
    private readonly NativeBuffer<ControlMessage> controls = new(MostMessages);
    private readonly NativeBuffer<SocketAddress4> addresses = new(MostMessages);
    private readonly NativeBuffer<IoVector> vectors = new(MostVectors);
    private readonly NativeBuffer<byte> headers = new(HeaderBytes);
    private int messageCount;
    private int vectorCount;
    private int headerUsed;
    private uint node;
    private int segmentLength;
    private int segmentCount;
    private int messageBytes;
    private bool closed = true;

    public SendBatch(UdpTunnelSocket socket, ushort port, ForwardCounters counters)
    {
        this.socket = socket;
        this.port = port;
        this.counters = counters;
    }

    /// <summary>False once the kernel has refused to split messages here; everything then goes one by one.</summary>
    public bool Segments { get; private set; } = true;

    /// <summary>How many datagrams one packet may become at most.</summary>
    public static int Most => MostMessages;

    /// <summary>True if this many datagrams more still fit.</summary>
    public bool HasRoom(int count) => messageCount + count <= MostMessages && vectorCount + (2 * count) <= MostVectors && headerUsed + (128 * count) <= HeaderBytes;

    /// <summary>Room for the header of a datagram, valid until <see cref="Flush"/>.</summary>
    public Span<byte> Header(int length)
    {
        var header = new Span<byte>(headers.Start + headerUsed, length);
        headerUsed += (length + 7) & ~7;
        return header;
    }

    /// <summary>Adds a datagram of one or two pieces.</summary>
    /// <param name="destination">The node, in host order.</param>
    /// <param name="head">The first piece.</param>
    /// <param name="headLength">Its length.</param>
    /// <param name="body">The second piece.</param>
    /// <param name="bodyLength">Its length; 0 if there is none.</param>
    public void Add(uint destination, byte* head, int headLength, byte* body, int bodyLength)
    {
        var length = headLength + bodyLength;
        if (closed || destination != node || length > segmentLength || segmentCount == MostSegments || messageBytes + length > MostBytes)
        {
            Begin(destination, length);
        }

        ref var message = ref messages.Start[messageCount - 1];
        Append(ref message, head, headLength);
        if (bodyLength > 0)
        {
            Append(ref message, body, bodyLength);
        }

        segmentCount++;
        messageBytes += length;
        if (segmentCount == 2)
        {
            message.Control = controls.Start + messageCount - 1;
            message.ControlLength = (nuint)sizeof(ControlMessage);
            *message.Control = new ControlMessage { Length = (nuint)(sizeof(nuint) + 8 + sizeof(ushort)), Level = ControlMessage.SOL_UDP, Type = ControlMessage.UDP_SEGMENT, Value = (ushort)segmentLength };
        }

        // A shorter one can only be the last.
        closed = length < segmentLength || !Segments;
        counters.Carried(1, length);
    }

    /// <summary>Hands everything to the kernel; what it does not take is counted and gone, as on any wire.</summary>
    public void Flush()
    {
        var sent = 0;
        while (sent < messageCount)
        {
            var result = Libc.SendMessages(socket.Descriptor, messages.Start + sent, (uint)(messageCount - sent), 0);
            if (result > 0)
            {
                sent += result;
                continue;
            }

            var errno = Libc.LastErrno;
            switch (errno)
            {
                // ECONNREFUSED is an old ICMP error that this call only reported.
                case Errno.EINTR or Errno.EAGAIN or Errno.ECONNREFUSED:
                    break;
                case Errno.EIO or Errno.EINVAL or Errno.EMSGSIZE when messages.Start[sent].ControlLength != 0:
                    SendOneByOne(ref messages.Start[sent], addresses.Start + sent);
                    Segments = Segments && errno == Errno.EMSGSIZE;
                    sent++;
                    break;
                default:
                    counters.CountRefused();
                    sent++;
                    break;
            }
        }

        messageCount = vectorCount = headerUsed = 0;
        closed = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        messages.Dispose();
        controls.Dispose();
        addresses.Dispose();
        vectors.Dispose();
        headers.Dispose();
    }

    private void Begin(uint destination, int length)
    {
        addresses.Start[messageCount] = UdpTunnelSocket.Address(destination, port);
        messages.Start[messageCount] = new MultiMessage
        {
            Name = addresses.Start + messageCount,
            NameLength = (uint)sizeof(SocketAddress4),
            Vectors = vectors.Start + vectorCount,
        };
        messageCount++;
        node = destination;
        segmentLength = length;
        segmentCount = 0;
        messageBytes = 0;
    }

    private void Append(ref MultiMessage message, byte* start, int length)
    {
        vectors.Start[vectorCount++] = new IoVector { Start = start, Length = (nuint)length };
        message.VectorCount++;
    }

    /// <summary>A device that cannot split: the datagrams of one message, each by itself. The pieces of one end where its length is full.</summary>
    private void SendOneByOne(ref MultiMessage whole, SocketAddress4* address)
    {
        nuint length = whole.Control->Value is var value ? (ushort)value : (nuint)0;
        for (nuint at = 0; at < whole.VectorCount;)
        {
            nuint count = 0, bytes = 0;
            while (at + count < whole.VectorCount && bytes < length)
            {
                bytes += whole.Vectors[at + count++].Length;
            }

            var one = new MultiMessage { Name = address, NameLength = (uint)sizeof(SocketAddress4), Vectors = whole.Vectors + at, VectorCount = count };
            while (Libc.SendMessages(socket.Descriptor, &one, 1, 0) < 0)
            {
                if (Libc.LastErrno is not (Errno.EINTR or Errno.EAGAIN or Errno.ECONNREFUSED))
                {
                    counters.CountRefused();
                    break;
                }
            }

            at += count;
        }
    }
}
