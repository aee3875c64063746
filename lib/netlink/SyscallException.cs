using Podwire.Primitives;

namespace Podwire.Netlink;

/// <summary>A system call failed. (The kernel answering a netlink request with «no» is <see cref="NetlinkException"/>.)</summary>
public sealed class SyscallException : Exception
{
    /// <summary>A failed call, with the file it was about where there is one.</summary>
    public SyscallException(string syscall, Errno errno, string? path = null)
        : base(path is null ? $"{syscall}: {errno.Describe()}" : $"{syscall} {path}: {errno.Describe()}")
    {
        Syscall = syscall;
        Errno = errno;
        Path = path;
    }

    /// <summary>The call's C library name.</summary>
    public string Syscall { get; }

    /// <summary>What it answered.</summary>
    public Errno Errno { get; }

    /// <summary>The file it was about, if any.</summary>
    public string? Path { get; }
}
