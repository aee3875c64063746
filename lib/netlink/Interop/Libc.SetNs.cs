using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static partial int setns(Descriptor descriptor, int type);

    /// <summary>setns(2): moves the calling thread, so it is called only on threads that end afterwards, or that go back or end the process.</summary>
    internal static Errno SetNs(Descriptor descriptor, int type) => setns(descriptor, type) == 0 ? Errno.None : LastErrno;
}
