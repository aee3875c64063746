using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint send(Descriptor descriptor, byte* buffer, nuint length, int flags);

    /// <summary>send(2) of one datagram to the kernel.</summary>
    internal static unsafe void Send(Descriptor descriptor, ReadOnlySpan<byte> datagram)
    {
        fixed (byte* buffer = datagram)
        {
            while (send(descriptor, buffer, (nuint)datagram.Length, 0) < 0)
            {
                if (LastErrno != Errno.EINTR)
                {
                    throw new SyscallException("send", LastErrno);
                }
            }
        }
    }
}
