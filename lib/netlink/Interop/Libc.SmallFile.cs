using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const int O_WRONLY = 1;

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint read(int descriptor, byte* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int close_plain(int descriptor);

    /// <summary>Reads a file of /proc or /sys by one read(2): its answers are whole. The length in bytes.</summary>
    internal static unsafe Errno ReadWhole(string path, Span<byte> buffer, out int length)
    {
        length = 0;
        var file = open(path, O_RDONLY | O_CLOEXEC, 0);
        if (file < 0)
        {
            return LastErrno;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            count = read(file, start, (nuint)buffer.Length);
        }

        var errno = count < 0 ? LastErrno : Errno.None;
        _ = close_plain(file);
        length = (int)Math.Max(count, 0);
        return errno;
    }

    /// <summary>Writes a file of /proc or /sys by one write(2): they take a value whole or not at all.</summary>
    internal static unsafe Errno WriteWhole(string path, ReadOnlySpan<byte> text)
    {
        var file = open(path, O_WRONLY | O_CLOEXEC, 0);
        if (file < 0)
        {
            return LastErrno;
        }

        nint count;
        fixed (byte* start = text)
        {
            count = write(file, start, (nuint)text.Length);
        }

        var errno = count == text.Length ? Errno.None : count < 0 ? LastErrno : Errno.EINVAL;
        _ = close_plain(file);
        return errno;
    }
}
