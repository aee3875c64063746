using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.BgpDaemon.Interop;

/// <summary>epoll(7) and eventfd(2); sockets are the framework's, used without blocking.</summary>
internal static unsafe partial class Libc
{
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLOUT = 4;
    internal const uint EPOLLERR = 8;
    internal const uint EPOLLHUP = 16;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    private const string Library = "libc";
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_ctl(SafeHandle epoll, int operation, SafeHandle target, EpollEvent* change);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int epoll_wait(SafeHandle epoll, EpollEvent* events, int most, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint read(SafeHandle descriptor, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint write(SafeHandle descriptor, void* buffer, nuint length);

    internal static SafeFileHandle CreateEpoll() => Made("epoll_create1", epoll_create1(CloseOnExec));

    internal static SafeFileHandle CreateEvent() => Made("eventfd", eventfd(0, CloseOnExec | NonBlocking));

    internal static void EpollControl(SafeHandle epoll, int operation, SafeHandle target, uint events, long data)
    {
        var change = new EpollEvent { Events = events, Data = data };
        if (epoll_ctl(epoll, operation, target, &change) < 0)
        {
            throw new SyscallException("epoll_ctl", (Errno)Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>How many events there are; 0 after the time, or a signal.</summary>
    internal static int EpollWait(SafeHandle epoll, Span<EpollEvent> events, int milliseconds)
    {
        fixed (EpollEvent* first = events)
        {
            var count = epoll_wait(epoll, first, events.Length, milliseconds);
            var errno = count < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            return count >= 0 ? count : errno == Errno.EINTR ? 0 : throw new SyscallException("epoll_wait", errno);
        }
    }

    internal static void Signal(SafeHandle target)
    {
        ulong one = 1;
        _ = write(target, &one, sizeof(ulong));
    }

    internal static void ClearSignal(SafeHandle target)
    {
        ulong count;
        _ = read(target, &count, sizeof(ulong));
    }

    private static SafeFileHandle Made(string call, int descriptor) => descriptor >= 0
        ? new SafeFileHandle(descriptor, ownsHandle: true)
        : throw new SyscallException(call, (Errno)Marshal.GetLastPInvokeError());
}
