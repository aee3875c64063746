using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int O_RDONLY = 0;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    private const int O_CLOEXEC = 0x80000;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    /// <summary>open(2), close-on-exec.</summary>
    internal static Descriptor Open(string path, int flags, uint mode = 0)
    {
        while (true)
        {
            var descriptor = new Descriptor(open(path, flags | O_CLOEXEC, mode));
            if (!descriptor.IsInvalid)
            {
                return descriptor;
            }

            var errno = LastErrno;
            descriptor.Dispose();
            if (errno != Errno.EINTR)
            {
                throw new SyscallException("open", errno, path);
            }
        }
    }
}
