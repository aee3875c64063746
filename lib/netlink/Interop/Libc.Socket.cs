using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int AF_NETLINK = 16;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    /// <summary>socket(2), close-on-exec.</summary>
    internal static Descriptor Socket(int domain, int type, int protocol)
    {
        var descriptor = new Descriptor(socket(domain, type | SOCK_CLOEXEC, protocol));
        if (descriptor.IsInvalid)
        {
            var errno = LastErrno;
            descriptor.Dispose();
            throw new SyscallException("socket", errno);
        }

        return descriptor;
    }
}
