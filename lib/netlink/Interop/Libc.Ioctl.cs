using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    // _IO(0xb7, 3), linux/nsfs.h.
    private const nuint NS_GET_NSTYPE = 0xb703;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int ioctl(Descriptor descriptor, nuint request);

    /// <summary>ioctl_ns(2), NS_GET_NSTYPE: EINVAL for a file that is not a network namespace.</summary>
    internal static void RequireNetworkNamespace(Descriptor descriptor, string path)
    {
        if (ioctl(descriptor, NS_GET_NSTYPE) != CLONE_NEWNET)
        {
            throw new SyscallException("open", Errno.EINVAL, path);
        }
    }
}
