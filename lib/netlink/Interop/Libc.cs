using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

/// <summary>
/// The system calls this library makes, one per file, under their C library names. Each wrapper repeats the call on EINTR and
/// throws <see cref="SyscallException"/>, unless an error is an expected answer: then it returns it.
/// </summary>
internal static partial class Libc
{
    private const string Library = "libc";

    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    private static void ThrowIfFailed(int result, string syscall)
    {
        if (result < 0)
        {
            throw new SyscallException(syscall, LastErrno);
        }
    }
}
