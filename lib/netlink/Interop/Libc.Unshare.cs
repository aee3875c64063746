using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int CLONE_FS = 0x200;
    internal const int CLONE_NEWNS = 0x20000;
    internal const int CLONE_NEWUTS = 0x4000000;
    internal const int CLONE_NEWPID = 0x20000000;
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int unshare(int flags);

    /// <summary>unshare(2): changes the calling thread, so it is called only on threads that end afterwards.</summary>
    internal static void Unshare(int flags) => ThrowIfFailed(unshare(flags), "unshare");
}
