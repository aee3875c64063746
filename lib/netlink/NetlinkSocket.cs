using System.Runtime.InteropServices;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>
/// A netlink socket (netlink(7)) in the network namespace of the thread that opened it, with extended acknowledgements,
/// capped error answers and strict request checking switched on. Not safe for use by two threads at once.
/// </summary>
public sealed partial class NetlinkSocket : IDisposable
{
    // The kernel sizes the parts of a dump by the reader's buffer, up to 32 KiB (net/netlink/af_netlink.c, netlink_dump).
    private const int ReceiveBufferLength = 32 * 1024;
    private const int SocketBufferLength = 4 * 1024 * 1024;
    private const int DumpAttempts = 8;

    // What one send of a batch may hold: each acknowledgement takes about a kilobyte of the receive buffer until it is read.
    private const int ChunkMessages = 256;
    private const int ChunkLength = 64 * 1024;

    private readonly Descriptor descriptor;
    private byte[] receiveBuffer = GC.AllocateUninitializedArray<byte>(ReceiveBufferLength);
    private uint sequence;

    private NetlinkSocket(Descriptor descriptor)
    {
        this.descriptor = descriptor;
        sequence = (uint)Environment.TickCount;
    }

    /// <summary>The port the kernel gave the socket; notifications that this socket caused carry it.</summary>
    public uint PortId { get; private set; }

    /// <summary>How many dumps were thrown away and begun anew because the objects changed while they were read.</summary>
    public long InterruptedDumps { get; private set; }

    /// <summary>How long an answer may take before <see cref="Errno.ETIMEDOUT"/> is reported; rtnetlink answers within the send. 10 s.</summary>
    public TimeSpan ReplyTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <exception cref="SyscallException">EPROTONOSUPPORT where the kernel lacks the family.</exception>
    public static NetlinkSocket Open(NetlinkProtocol protocol)
    {
        var socket = new NetlinkSocket(Libc.Socket(Libc.AF_NETLINK, Libc.SOCK_RAW, (int)protocol));
        try
        {
            socket.Configure();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Receives the notifications of a group (RTNLGRP_*, NFNLGRP_*) from now on.</summary>
    public void Join(uint group)
    {
        var errno = Libc.SetSockOpt(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, (int)group);
        if (errno != Errno.None)
        {
            throw new SyscallException("setsockopt", errno);
        }
    }

    /// <summary>
    /// Stamps consecutive sequence numbers on the messages and sends them as one datagram. The answers are read by
    /// <see cref="TryReceive"/> or by the methods that send and read in one.
    /// </summary>
    /// <returns>The sequence number of the first message.</returns>
    public uint Send(Span<byte> messages)
    {
        var first = Stamp(messages);
        Libc.Send(descriptor, messages);
        return first;
    }

    /// <summary>
    /// Reads one datagram from the kernel if one is there, without waiting. It lies in the socket's own buffer and is
    /// valid until the next call.
    /// </summary>
    /// <exception cref="SyscallException">ENOBUFS: notifications were lost; read the objects anew.</exception>
    public bool TryReceive(out NetlinkMessageReader datagram)
    {
        while (true)
        {
            var errno = Libc.ReceiveFrom(descriptor, receiveBuffer, out var length, out var sender);
            if (errno == Errno.EAGAIN)
            {
                datagram = default;
                return false;
            }

            if (errno != Errno.None)
            {
                throw new SyscallException("recvfrom", errno);
            }

            if (length > receiveBuffer.Length)
            {
                // The rest of the datagram is gone. The next one of this size will fit.
                receiveBuffer = new byte[(length + 4095) & ~4095];
                throw new SyscallException("recvfrom", Errno.EMSGSIZE);
            }

            // Another process may send to this port; only the kernel (port 0) is believed.
            if (sender == 0)
            {
                datagram = new NetlinkMessageReader(receiveBuffer.AsSpan(0, length));
                return true;
            }
        }
    }

    /// <summary>Waits until a datagram can be read.</summary>
    /// <returns>False when the time is over or <paramref name="cancellation"/> was signalled.</returns>
    public bool WaitReadable(TimeSpan timeout, CancellationToken cancellation = default)
    {
        var milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(timeout.TotalMilliseconds, int.MaxValue);
        if (!cancellation.CanBeCanceled)
        {
            return Libc.PollReadable(descriptor, null, milliseconds);
        }

        using var wake = Libc.CreateEvent();
        using var registration = cancellation.UnsafeRegister(static state => Libc.SignalEvent((Descriptor)state!), wake);
        return Libc.PollReadable(descriptor, wake, milliseconds) && !cancellation.IsCancellationRequested;
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => descriptor.Dispose();

    internal static string Describe(string operation, object? subject) => subject is null ? operation : $"{operation} {subject}";

    /// <summary>Numbers the messages on; returns the first number.</summary>
    private uint Stamp(Span<byte> messages)
    {
        var first = sequence + 1;
        for (var at = 0; at + NetlinkMessage.HeaderLength <= messages.Length;)
        {
            MemoryMarshal.Write(messages[(at + 8)..], ++sequence);
            MemoryMarshal.Write(messages[(at + 12)..], 0u);
            var length = MemoryMarshal.Read<uint>(messages[at..]);
            at += (int)((length + 3) & ~3u);
        }

        return first;
    }

    private void Configure()
    {
        Libc.Bind(descriptor, 0);
        PortId = Libc.GetPortId(descriptor);

        // Each is missing in some old kernel and none is needed for a right answer.
        _ = Libc.SetSockOpt(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        _ = Libc.SetSockOpt(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
        _ = Libc.SetSockOpt(descriptor, Libc.SOL_NETLINK, Libc.NETLINK_GET_STRICT_CHK, 1);
        if (Libc.SetSockOpt(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, SocketBufferLength) != Errno.None)
        {
            _ = Libc.SetSockOpt(descriptor, Libc.SOL_SOCKET, Libc.SO_RCVBUF, SocketBufferLength);
        }

        if (Libc.SetSockOpt(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, SocketBufferLength) != Errno.None)
        {
            _ = Libc.SetSockOpt(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUF, SocketBufferLength);
        }
    }
}
