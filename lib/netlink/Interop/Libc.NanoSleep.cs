using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "nanosleep")]
    private static unsafe partial int nanosleep(long* time, long* left);

    /// <summary>nanosleep(2), cut short by a signal. Thread.Sleep takes anything below a millisecond for «yield», which is to be busy.</summary>
    internal static unsafe void Sleep(TimeSpan time)
    {
        var parts = stackalloc long[2];
        parts[0] = time.Ticks / TimeSpan.TicksPerSecond;
        parts[1] = time.Ticks % TimeSpan.TicksPerSecond * 100;
        _ = nanosleep(parts, null);
    }
}
