using System.Runtime.InteropServices;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

internal static partial class Libc
{
    private const short POLLIN = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int poll(PollFd* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint write(Descriptor descriptor, void* buffer, nuint length);

    /// <summary>Waits until one of the two is readable; EINTR ends the wait too.</summary>
    internal static unsafe void WaitReadable(Descriptor first, Descriptor second)
    {
        var polled = stackalloc PollFd[2];
        polled[0] = new PollFd { Descriptor = (int)first.DangerousGetHandle(), Events = POLLIN };
        polled[1] = new PollFd { Descriptor = (int)second.DangerousGetHandle(), Events = POLLIN };
        if (poll(polled, 2, -1) < 0 && LastErrno != Errno.EINTR)
        {
            throw new SyscallException("poll", LastErrno);
        }
    }

    /// <summary>eventfd(2).</summary>
    internal static Descriptor CreateEvent() => Own(eventfd(0, O_CLOEXEC | O_NONBLOCK), "eventfd");

    /// <summary>Makes an eventfd readable for good.</summary>
    internal static unsafe void SignalEvent(Descriptor descriptor)
    {
        ulong one = 1;
        _ = write(descriptor, &one, sizeof(ulong));
    }
}
