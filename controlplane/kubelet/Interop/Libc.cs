using System.Runtime.InteropServices;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.Kubelet.Interop;

/// <summary>
/// The system calls that running containers needs and that lib/netlink has no use for: spawning, signals by pidfd, mounts of
/// a container's view, credentials. One aspect per file; names and constants are those of the C library.
/// </summary>
internal static partial class Libc
{
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;
    internal const int O_RDONLY = 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial nint read(int fd, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    internal static unsafe partial int pipe2(int* fds, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int fd, int command, nint argument);

    /// <summary>The exception for the call that just failed on this thread.</summary>
    internal static SyscallException Failure(string syscall, string? path = null) =>
        new(syscall, (Errno)Marshal.GetLastPInvokeError(), path);

    /// <summary>Throws unless <paramref name="result"/> is 0 or more; returns it.</summary>
    internal static int Check(int result, string syscall, string? path = null) =>
        result >= 0 ? result : throw Failure(syscall, path);

    internal static bool LastIs(Errno errno) => (Errno)Marshal.GetLastPInvokeError() == errno;
}
