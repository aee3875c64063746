using System.Buffers.Binary;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Packets;

/// <summary>
/// The packets that rules send to a queue (<c>queue flags bypass to 5</c>, <c>-j NFQUEUE --queue-num 5 --queue-bypass</c>; linux/netfilter/nfnetlink_queue.h),
/// in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Each waits until it is accepted, and goes on behind the chain that
/// queued it, not behind the rule. Where the queue is full, and when the socket is closed, packets go on unseen if the rule says bypass.
/// </summary>
public sealed class NfQueueSocket : IPacketSource
{
    private readonly NetlinkSocket socket;
    private readonly Lock sending = new();

    private NfQueueSocket(NetlinkSocket socket) => this.socket = socket;

    /// <inheritdoc/>
    public bool IsHolding => true;

    /// <summary>Takes a queue, which one socket of a namespace can have.</summary>
    /// <param name="number">The queue.</param>
    /// <exception cref="NetlinkException">EPERM or EBUSY: somebody else has the queue. EINVAL: the kernel has no nfnetlink_queue.</exception>
    public static NfQueueSocket Open(ushort number)
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            var writer = new NetlinkWriter(stackalloc byte[128]);
            Begin(ref writer, NfPackets.NFQNL_MSG_CONFIG, number);
            // struct nfqnl_msg_config_cmd: __u8 command, __u8 padding, __be16 protocol family, which is not looked at any more.
            ReadOnlySpan<byte> bind = [NfPackets.NFQNL_CFG_CMD_BIND, 0, 0, 0];
            writer.Bytes(NfPackets.NFQA_CFG_CMD, bind);
            writer.EndMessage();
            socket.Execute(writer.Written, "take queue", number);

            writer.Clear();
            Begin(ref writer, NfPackets.NFQNL_MSG_CONFIG, number);
            // struct nfqnl_msg_config_params: __be32 copy_range, __u8 copy_mode.
            ReadOnlySpan<byte> mode = [0, 0, (byte)(NfPackets.WholePacket >> 8), (byte)(NfPackets.WholePacket & 0xFF), NfPackets.NFQNL_COPY_PACKET];
            writer.Bytes(NfPackets.NFQA_CFG_PARAMS, mode);
            writer.UInt32BigEndian(NfPackets.NFQA_CFG_FLAGS, NfPackets.NFQA_CFG_F_FAIL_OPEN);
            writer.UInt32BigEndian(NfPackets.NFQA_CFG_MASK, NfPackets.NFQA_CFG_F_FAIL_OPEN);
            writer.EndMessage();
            socket.Execute(writer.Written, "set up queue", number);
            return new(socket) { Number = number };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The queue.</summary>
    public ushort Number { get; private init; }

    /// <inheritdoc/>
    public bool Wait(TimeSpan timeout, CancellationToken cancellation = default) => socket.WaitReadable(timeout, cancellation);

    /// <inheritdoc/>
    public bool Read(ICollection<CapturedPacket> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        try
        {
            while (socket.TryReceive(out var datagram))
            {
                while (datagram.Read(out var message))
                {
                    if (CapturedPacket.Read(message) is { } packet)
                    {
                        into.Add(packet);
                    }
                }
            }

            return true;
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOBUFS or Errno.EMSGSIZE)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Accept(uint id)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, NfPackets.NFQNL_MSG_VERDICT, Number);
        // struct nfqnl_msg_verdict_hdr: __be32 verdict, __be32 id.
        Span<byte> verdict = stackalloc byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(verdict, NfPackets.NF_ACCEPT);
        BinaryPrimitives.WriteUInt32BigEndian(verdict[4..], id);
        writer.Bytes(NfPackets.NFQA_VERDICT_HDR, verdict);
        writer.EndMessage();
        lock (sending)
        {
            // The kernel answers refusals only (ENOENT: no such packet any more), which nobody reads but Read, as something else.
            socket.Send(writer.Written);
        }
    }

    /// <summary>Gives the queue back; what waits in it is dropped.</summary>
    public void Dispose() => socket.Dispose();

    private static void Begin(ref NetlinkWriter writer, int message, ushort number)
    {
        writer.BeginMessage(NfGenMessage.Type(message, NfPackets.NFNL_SUBSYS_QUEUE), NetlinkFlags.None);
        writer.Header(new NfGenMessage(0, number));
    }
}
