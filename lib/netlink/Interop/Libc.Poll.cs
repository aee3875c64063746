using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    private const short POLLIN = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        internal int Descriptor;
        internal short Events;
        internal short ReturnedEvents;
    }

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int poll(PollFd* descriptors, nuint count, int timeoutMilliseconds);

    /// <summary>
    /// poll(2) until the first descriptor is readable (true), or the second one is, or the time is over (false).
    /// -1 waits without end. EINTR begins the wait anew with what is left of it.
    /// </summary>
    internal static unsafe bool PollReadable(Descriptor descriptor, Descriptor? wake, int timeoutMilliseconds)
    {
        var addedReference = false;
        var addedWake = false;
        var deadline = Environment.TickCount64 + timeoutMilliseconds;
        try
        {
            descriptor.DangerousAddRef(ref addedReference);
            wake?.DangerousAddRef(ref addedWake);
            var polled = stackalloc PollFd[2];
            polled[0] = new PollFd { Descriptor = (int)descriptor.DangerousGetHandle(), Events = POLLIN };
            polled[1] = new PollFd { Descriptor = wake is null ? -1 : (int)wake.DangerousGetHandle(), Events = POLLIN };
            while (true)
            {
                var left = timeoutMilliseconds < 0 ? -1 : (int)Math.Max(0, deadline - Environment.TickCount64);
                if (poll(polled, 2, left) >= 0)
                {
                    // POLLERR counts as readable: the read that follows reports what it was.
                    return polled[0].ReturnedEvents != 0;
                }

                if (LastErrno != Errno.EINTR)
                {
                    throw new SyscallException("poll", LastErrno);
                }
            }
        }
        finally
        {
            if (addedWake)
            {
                wake!.DangerousRelease();
            }

            if (addedReference)
            {
                descriptor.DangerousRelease();
            }
        }
    }
}
