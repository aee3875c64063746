using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int MSG_TRUNC = 0x20;
    internal const int MSG_DONTWAIT = 0x40;

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint recvfrom(Descriptor descriptor, byte* buffer, nuint length, int flags, SockaddrNl* address, uint* addressLength);

    /// <summary>
    /// recvfrom(2) of one netlink datagram, without waiting. With MSG_TRUNC the length is the datagram's own, even where it is
    /// longer than the buffer. EAGAIN and ENOBUFS are returned.
    /// </summary>
    internal static unsafe Errno ReceiveFrom(Descriptor descriptor, Span<byte> buffer, out int length, out uint senderPortId)
    {
        SockaddrNl address = default;
        var addressLength = (uint)sizeof(SockaddrNl);
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var received = recvfrom(descriptor, start, (nuint)buffer.Length, MSG_DONTWAIT | MSG_TRUNC, &address, &addressLength);
                length = (int)Math.Max(received, 0);
                senderPortId = address.PortId;
                if (received >= 0)
                {
                    return Errno.None;
                }

                switch (LastErrno)
                {
                    case Errno.EINTR:
                        continue;
                    case Errno.EAGAIN:
                    case Errno.ENOBUFS:
                        return LastErrno;
                    default:
                        throw new SyscallException("recvfrom", LastErrno);
                }
            }
        }
    }
}
