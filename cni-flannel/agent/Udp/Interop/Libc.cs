using System.Runtime.InteropServices;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary>The system calls of the udp back end, one per file, under their C library names. None allocates once its buffers are there.</summary>
internal static partial class Libc
{
    private const string Library = "libc";
    private const int O_CLOEXEC = 0x80000;
    private const int O_NONBLOCK = 0x800;

    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    /// <summary>Takes over what a system call returned, or throws.</summary>
    private static Descriptor Own(int descriptor, string syscall, string? about = null) => descriptor >= 0
        ? new Descriptor(descriptor)
        : throw new SyscallException(syscall, LastErrno, about);
}
