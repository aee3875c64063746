using System.Runtime.InteropServices;
using Podwire.Netlink;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

internal static partial class Libc
{
    private const int SOCK_DGRAM = 2;
    private const int SOCK_RAW = 3;
    private const int IPPROTO_RAW = 255;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVTIMEO = 20;
    private const int SO_SNDBUFFORCE = 32;
    private const int SO_RCVBUFFORCE = 33;
    private const int IPPROTO_IP = 0;
    private const int IP_MTU_DISCOVER = 10;
    private const int IP_PMTUDISC_DONT = 0;
    private const int SHUT_RD = 0;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int bind(Descriptor descriptor, SocketAddress4* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int setsockopt(Descriptor descriptor, int level, int option, void* value, uint length);

    [LibraryImport(Library)]
    private static partial int shutdown(Descriptor descriptor, int how);

    /// <summary>
    /// A UDP socket of the calling thread's network namespace, bound. A receive waits half a second at most; outer packets may be fragmented on the
    /// way, as a path with a smaller MTU must not swallow them.
    /// </summary>
    /// <exception cref="SyscallException">EADDRINUSE: another process has the port; EADDRNOTAVAIL: the address is not this node's.</exception>
    internal static unsafe Descriptor OpenUdp(SocketAddress4 local, int bufferLength)
    {
        var descriptor = Own(socket(SocketAddress4.AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
        var discover = IP_PMTUDISC_DONT;
        _ = setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(int));
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bufferLength, sizeof(int));
        _ = setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bufferLength, sizeof(int));
        var timeout = stackalloc long[2] { 0, 500_000 };
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, timeout, 16);
        if (bind(descriptor, &local, (uint)sizeof(SocketAddress4)) < 0)
        {
            var errno = LastErrno;
            descriptor.Dispose();
            throw new SyscallException("bind", errno);
        }

        return descriptor;
    }

    /// <summary>UDP_GRO: datagrams of one length come many at a time. False if this kernel lacks it.</summary>
    internal static unsafe bool TrySetUdpGro(Descriptor socket)
    {
        var on = 1;
        return setsockopt(socket, ControlMessage.SOL_UDP, ControlMessage.UDP_GRO, &on, sizeof(int)) == 0;
    }

    /// <summary>Ends every wait for a datagram, now and from here on. The kernel says ENOTCONN to that and does it (net/ipv4/af_inet.c, inet_shutdown).</summary>
    internal static void EndReceiving(Descriptor socket) => _ = shutdown(socket, SHUT_RD);

    /// <summary>A raw socket of the calling thread's network namespace for packets with their IPv4 header; null without CAP_NET_RAW.</summary>
    internal static Descriptor? TryOpenRaw()
    {
        var descriptor = socket(SocketAddress4.AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
        return descriptor >= 0 ? new Descriptor(descriptor) : null;
    }
}
