using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    private const int MNT_DETACH = 2;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    /// <summary>umount2(2) with MNT_DETACH; EINVAL (not a mount) and ENOENT are returned.</summary>
    internal static Errno Unmount(string target)
    {
        if (umount2(target, MNT_DETACH) == 0)
        {
            return Errno.None;
        }

        return LastErrno is Errno.EINVAL or Errno.ENOENT ? LastErrno : throw new SyscallException("umount2", LastErrno, target);
    }
}
