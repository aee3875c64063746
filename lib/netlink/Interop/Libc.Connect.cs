using System.Runtime.InteropServices;
using System.Text;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;

    // sizeof(struct sockaddr_un), unix(7): the family and 108 bytes of path with its closing zero.
    private const int SockaddrUnLength = 110;

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int connect(Descriptor descriptor, byte* address, uint length);

    /// <summary>connect(2) to a socket in the file system. What a missing or a deaf one gives (ENOENT, ECONNREFUSED, EAGAIN) is returned.</summary>
    internal static unsafe Errno ConnectUnix(Descriptor descriptor, string path)
    {
        var address = stackalloc byte[SockaddrUnLength];
        new Span<byte>(address, SockaddrUnLength).Clear();
        *(ushort*)address = AF_UNIX;
        if (Encoding.UTF8.GetByteCount(path) > SockaddrUnLength - 3)
        {
            throw new SyscallException("connect", Errno.EINVAL, path);
        }

        Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, SockaddrUnLength - 2));
        while (connect(descriptor, address, SockaddrUnLength) < 0)
        {
            switch (LastErrno)
            {
                case Errno.EINTR:
                    continue;
                case Errno.ENOENT or Errno.ECONNREFUSED or Errno.EAGAIN:
                    return LastErrno;
                default:
                    throw new SyscallException("connect", LastErrno, path);
            }
        }

        return Errno.None;
    }
}
