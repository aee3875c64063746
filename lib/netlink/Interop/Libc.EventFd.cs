using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    private const int EFD_CLOEXEC = 0x80000;
    private const int EFD_NONBLOCK = 0x800;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint write(Descriptor descriptor, void* buffer, nuint length);

    /// <summary>eventfd(2): readable once <see cref="SignalEvent"/> was called.</summary>
    internal static Descriptor CreateEvent()
    {
        var descriptor = new Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (descriptor.IsInvalid)
        {
            var errno = LastErrno;
            descriptor.Dispose();
            throw new SyscallException("eventfd", errno);
        }

        return descriptor;
    }

    /// <summary>Adds one to an eventfd. It cannot block: the counter would have to stand at 2^64 - 2.</summary>
    internal static unsafe void SignalEvent(Descriptor descriptor)
    {
        ulong one = 1;
        if (write(descriptor, &one, sizeof(ulong)) < 0)
        {
            throw new SyscallException("write", LastErrno);
        }
    }
}
