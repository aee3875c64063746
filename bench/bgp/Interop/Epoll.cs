using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.BgpBench.Interop;

/// <summary>epoll(7): one thread waits for all sessions, so that no pool of threads stands between the kernel's news and their time.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    public const uint In = 1;
    public const uint Out = 4;
    private const int Add = 1;
    private const int Modify = 3;
    private const int CloseOnExec = 0x80000;
    private readonly SafeFileHandle descriptor;
    private readonly EpollEvent[] events = new EpollEvent[256];

    public Epoll()
    {
        var made = epoll_create1(CloseOnExec);
        descriptor = made >= 0 ? new SafeFileHandle(made, ownsHandle: true) : throw new SyscallException("epoll_create1", (Errno)Marshal.GetLastPInvokeError());
    }

    /// <summary>Waits for a socket too; it leaves when it is closed.</summary>
    public void Watch(SafeHandle socket, int number, uint interest) => Control(Add, socket, number, interest);

    /// <summary>Waits for something else of a socket.</summary>
    public void Change(SafeHandle socket, int number, uint interest) => Control(Modify, socket, number, interest);

    /// <summary>The sockets that are ready, at most a second or the time given later; none after that time or a signal.</summary>
    public ReadOnlySpan<EpollEvent> Wait(int milliseconds)
    {
        fixed (EpollEvent* first = events)
        {
            var count = epoll_wait(descriptor, first, events.Length, milliseconds);
            var errno = count < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            return count >= 0 ? events.AsSpan(0, count) : errno == Errno.EINTR ? [] : throw new SyscallException("epoll_wait", errno);
        }
    }

    public void Dispose() => descriptor.Dispose();

    private void Control(int operation, SafeHandle socket, int number, uint interest)
    {
        var change = new EpollEvent { Events = interest, Data = number };
        if (epoll_ctl(descriptor, operation, socket, &change) < 0)
        {
            throw new SyscallException("epoll_ctl", (Errno)Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(SafeHandle epoll, int operation, SafeHandle target, EpollEvent* change);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(SafeHandle epoll, EpollEvent* events, int most, int milliseconds);
}
