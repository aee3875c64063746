using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>The socket's send buffer, for datagrams longer than its default.</summary>
public sealed partial class NetlinkSocket
{
    private int sendBufferLength = SocketBufferLength;

    /// <summary>Makes room for a datagram of this length (the kernel answers EMSGSIZE to one that does not fit); needs CAP_NET_ADMIN beyond the limit of net.core.wmem_max.</summary>
    internal void ReserveSendBuffer(int length)
    {
        // The kernel takes 32 bytes off for itself and rounds as it likes.
        if (length + 4096 > sendBufferLength)
        {
            var wanted = (int)Math.Min(int.MaxValue / 2, (long)length + (length / 4) + 4096);
            if (Libc.SetSockOpt(descriptor, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, wanted) == Errno.None)
            {
                sendBufferLength = wanted;
            }
        }
    }
}
