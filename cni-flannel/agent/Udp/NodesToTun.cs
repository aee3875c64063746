using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>From the other nodes to this one's pods. The kernel gives datagrams of one length many at a time (UDP_GRO).</summary>
internal sealed unsafe class NodesToTun : IDisposable
{
    private const int MostMessages = 8;
    private const int MessageLength = 65_536;

    private readonly UdpTunnelSocket socket;
    private readonly PacketJoiner joiner;
    private readonly NativeBuffer<byte> buffers = new(MostMessages * MessageLength);
    private readonly NativeBuffer<MultiMessage> messages = new(MostMessages);
    private readonly NativeBuffer<IoVector> vectors = new(MostMessages);
    private readonly NativeBuffer<ControlMessage> controls = new(MostMessages);

    /// <summary>One direction; neither is owned.</summary>
    public NodesToTun(UdpTunnelSocket socket, TunQueue tun)
    {
        this.socket = socket;
        joiner = new PacketJoiner(tun, Counters);
        for (var i = 0; i < MostMessages; i++)
        {
            vectors.Start[i] = new IoVector { Start = buffers.Start + (i * MessageLength), Length = MessageLength };
            messages.Start[i] = new MultiMessage { Vectors = vectors.Start + i, VectorCount = 1, Control = controls.Start + i };
        }
    }

    /// <summary>What was carried.</summary>
    public ForwardCounters Counters { get; } = new();

    /// <summary>Carries what is there; false if nothing came. Allocates nothing.</summary>
    /// <param name="wait">Wait for the first datagram, half a second at most.</param>
    /// <exception cref="SyscallException">The socket is not usable any more.</exception>
    public bool Step(bool wait)
    {
        for (var i = 0; i < MostMessages; i++)
        {
            messages.Start[i].ControlLength = (nuint)sizeof(ControlMessage);
        }

        var count = Libc.ReceiveMessages(socket.Descriptor, messages.Start, MostMessages, wait ? Libc.MSG_WAITFORONE : Libc.MSG_DONTWAIT, null);
        if (count < 0)
        {
            // ECONNREFUSED is an ICMP error for something sent.
            return Libc.LastErrno is Errno.EAGAIN or Errno.EINTR or Errno.ECONNREFUSED ? false : throw new SyscallException("recvmmsg", Libc.LastErrno);
        }

        for (var i = 0; i < count; i++)
        {
            ref var message = ref messages.Start[i];
            if ((message.Flags & Libc.MSG_TRUNC) != 0)
            {
                Counters.CountMalformed();
                continue;
            }

            var length = (int)message.Length;
            var each = message.ControlLength > 0 && message.Control->Level == ControlMessage.SOL_UDP && message.Control->Type == ControlMessage.UDP_GRO && message.Control->Value > 0
                ? message.Control->Value
                : Math.Max(1, length);
            for (var at = 0; at < length; at += each)
            {
                joiner.Add(vectors.Start[i].Start + at, Math.Min(each, length - at));
            }
        }

        joiner.Flush();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        joiner.Dispose();
        buffers.Dispose();
        messages.Dispose();
        vectors.Dispose();
        controls.Dispose();
    }
}
