using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Podwire.Primitives;

namespace Podwire.Cni.Interop;

/// <summary>Files of a few dozen bytes, with as few system calls as they need.</summary>
internal static unsafe class SmallFile
{
    /// <summary>What a lease or an index entry may hold; longer text is cut there.</summary>
    internal const int MaxSize = 8192;

    /// <summary>Writes a new file; one that is there is emptied first, or refused where <paramref name="exclusive"/>.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static void Write(string path, string text, bool exclusive = false)
    {
        const int O_EXCL = 0x80, O_TRUNC = 0x200;
        Write(path, text, exclusive ? O_EXCL : O_TRUNC);
    }

    /// <summary>Adds to a file, by one write(2): whoever is killed here has added all of it or nothing, and lost nothing that was there.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static void Append(string path, string text)
    {
        const int O_APPEND = 0x400;
        Write(path, text, O_APPEND);
    }

    private static void Write(string path, string text, int flags)
    {
        const int O_WRONLY = 1;
        using var file = Libc.Open(path, O_WRONLY | Libc.O_CREAT | Libc.O_CLOEXEC | flags, 0x1A4);
        if (file.IsInvalid)
        {
            throw Failure("create", path);
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            if (Libc.Write((int)file.DangerousGetHandle(), start, (nuint)bytes.Length) != bytes.Length)
            {
                throw Failure("write", path);
            }
        }
    }

    /// <summary>The text; null if there is no such file.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static string? Read(string path)
    {
        using var file = Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (file.IsInvalid)
        {
            return (Errno)Marshal.GetLastPInvokeError() == Errno.ENOENT ? null : throw Failure("open", path);
        }

        var buffer = stackalloc byte[MaxSize];
        var count = Libc.Read((int)file.DangerousGetHandle(), buffer, MaxSize);
        return count >= 0 ? Encoding.UTF8.GetString(buffer, (int)count) : throw Failure("read", path);
    }

    /// <summary>Removes a file; false if there was none.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static bool Remove(string path)
    {
        if (Libc.Unlink(path) == 0)
        {
            return true;
        }

        return (Errno)Marshal.GetLastPInvokeError() == Errno.ENOENT ? false : throw Failure("remove", path);
    }

    /// <summary>Gives a file a second name; false if that name is taken.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static bool TryLink(string existing, string created)
    {
        if (Libc.Link(existing, created) == 0)
        {
            return true;
        }

        return (Errno)Marshal.GetLastPInvokeError() == Errno.EEXIST ? false : throw Failure("create", created);
    }

    /// <summary>Sets the modification time of a file or folder.</summary>
    /// <exception cref="CniException">Code 5.</exception>
    internal static void SetModified(string path, Timespec time)
    {
        const long UTIME_OMIT = 0x3ffffffe;
        var times = stackalloc Timespec[2];
        times[0] = new(0, UTIME_OMIT);
        times[1] = time;
        if (Libc.Utimensat(Libc.AT_FDCWD, path, times, 0) != 0)
        {
            throw Failure("stamp", path);
        }
    }

    /// <summary>Opens a file, and waits until it is ours alone; null if its folder, or the file that is not to be created, does not exist.</summary>
    /// <param name="path">The file.</param>
    /// <param name="creates">Whether it is created.</param>
    /// <param name="isInherited">Whether the programs that are started hold it too, until the last of them has ended.</param>
    /// <exception cref="CniException">Code 5.</exception>
    internal static SafeFileHandle? OpenLocked(string path, bool creates = true, bool isInherited = false)
    {
        var file = Libc.Open(path, Libc.O_RDWR | (creates ? Libc.O_CREAT : 0) | (isInherited ? 0 : Libc.O_CLOEXEC), 0x180);
        if (file.IsInvalid)
        {
            var errno = (Errno)Marshal.GetLastPInvokeError();
            file.Dispose();
            return errno == Errno.ENOENT ? null : throw Failure("open", path, errno);
        }

        while (Libc.Flock(file, Libc.LOCK_EX) != 0)
        {
            var errno = (Errno)Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                file.Dispose();
                throw Failure("lock", path, errno);
            }
        }

        return file;
    }

    private static CniException Failure(string what, string path) => Failure(what, path, (Errno)Marshal.GetLastPInvokeError());

    private static CniException Failure(string what, string path, Errno errno) =>
        new(CniErrorCode.IoFailure, $"cannot {what} {path}: {errno.Describe()}");
}
