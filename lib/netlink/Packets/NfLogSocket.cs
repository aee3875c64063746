using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Packets;

/// <summary>
/// Copies of the packets that rules send to a group of nfnetlink_log (<c>log group 5</c>, <c>-j NFLOG --nflog-group 5</c>; linux/netfilter/nfnetlink_log.h),
/// in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. The packets themselves go on at once.
/// </summary>
public sealed class NfLogSocket : IPacketSource
{
    private readonly NetlinkSocket socket;

    private NfLogSocket(NetlinkSocket socket) => this.socket = socket;

    /// <inheritdoc/>
    public bool IsHolding => false;

    /// <summary>Takes a group, which one socket of a namespace can have. Each packet is handed over at once and whole.</summary>
    /// <param name="group">The group.</param>
    /// <exception cref="NetlinkException">EPERM or EBUSY: somebody else has the group. EINVAL: the kernel has no nfnetlink_log.</exception>
    public static NfLogSocket Open(ushort group)
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            var writer = new NetlinkWriter(stackalloc byte[128]);
            Begin(ref writer, group);
            writer.Byte(NfPackets.NFULA_CFG_CMD, NfPackets.NFULNL_CFG_CMD_BIND);
            writer.EndMessage();
            socket.Execute(writer.Written, "take log group", group);

            writer.Clear();
            Begin(ref writer, group);
            // struct nfulnl_msg_config_mode: __be32 copy_range, __u8 copy_mode, __u8 padding.
            ReadOnlySpan<byte> mode = [0, 0, (byte)(NfPackets.WholePacket >> 8), (byte)(NfPackets.WholePacket & 0xFF), NfPackets.NFULNL_COPY_PACKET, 0];
            writer.Bytes(NfPackets.NFULA_CFG_MODE, mode);
            // The kernel would gather a hundred packets, or wait for a second.
            writer.UInt32BigEndian(NfPackets.NFULA_CFG_QTHRESH, 1);
            writer.EndMessage();
            socket.Execute(writer.Written, "set up log group", group);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

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
        // It went on long ago.
    }

    /// <summary>Gives the group back.</summary>
    public void Dispose() => socket.Dispose();

    private static void Begin(ref NetlinkWriter writer, ushort group)
    {
        writer.BeginMessage(NfGenMessage.Type(NfPackets.NFULNL_MSG_CONFIG, NfPackets.NFNL_SUBSYS_ULOG), NetlinkFlags.None);
        writer.Header(new NfGenMessage(0, group));
    }
}
