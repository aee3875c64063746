using System.Globalization;
using System.Runtime.InteropServices;

namespace Podwire.Primitives;

/// <summary>What the C library says of an error number, with its name: «EEXIST (File exists)».</summary>
public static class ErrnoText
{
    /// <summary>The name and the text; a number without a name is shown as such.</summary>
    public static string Describe(this Errno errno)
    {
        var name = NameOf(errno) ?? "errno " + ((int)errno).ToString(CultureInfo.InvariantCulture);
        return errno == Errno.ENOTSUPP ? name + " (Operation not supported by the kernel)" : $"{name} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
    }

    // Written out: an enum's own name is looked up by reflection, which an executable may be built without.
    private static string? NameOf(Errno errno) => errno switch
    {
        Errno.EPERM => nameof(Errno.EPERM),
        Errno.ENOENT => nameof(Errno.ENOENT),
        Errno.ESRCH => nameof(Errno.ESRCH),
        Errno.EINTR => nameof(Errno.EINTR),
        Errno.EIO => nameof(Errno.EIO),
        Errno.ENXIO => nameof(Errno.ENXIO),
        Errno.E2BIG => nameof(Errno.E2BIG),
        Errno.EBADF => nameof(Errno.EBADF),
        Errno.ECHILD => nameof(Errno.ECHILD),
        Errno.EAGAIN => nameof(Errno.EAGAIN),
        Errno.ENOMEM => nameof(Errno.ENOMEM),
        Errno.EACCES => nameof(Errno.EACCES),
        Errno.EFAULT => nameof(Errno.EFAULT),
        Errno.EBUSY => nameof(Errno.EBUSY),
        Errno.EEXIST => nameof(Errno.EEXIST),
        Errno.EXDEV => nameof(Errno.EXDEV),
        Errno.ENODEV => nameof(Errno.ENODEV),
        Errno.ENOTDIR => nameof(Errno.ENOTDIR),
        Errno.EISDIR => nameof(Errno.EISDIR),
        Errno.EINVAL => nameof(Errno.EINVAL),
        Errno.ENFILE => nameof(Errno.ENFILE),
        Errno.EMFILE => nameof(Errno.EMFILE),
        Errno.EFBIG => nameof(Errno.EFBIG),
        Errno.ENOSPC => nameof(Errno.ENOSPC),
        Errno.EROFS => nameof(Errno.EROFS),
        Errno.EPIPE => nameof(Errno.EPIPE),
        Errno.ERANGE => nameof(Errno.ERANGE),
        Errno.ENAMETOOLONG => nameof(Errno.ENAMETOOLONG),
        Errno.ENOSYS => nameof(Errno.ENOSYS),
        Errno.ENOTEMPTY => nameof(Errno.ENOTEMPTY),
        Errno.ELOOP => nameof(Errno.ELOOP),
        Errno.EOVERFLOW => nameof(Errno.EOVERFLOW),
        Errno.ERESTART => nameof(Errno.ERESTART),
        Errno.ENOTSOCK => nameof(Errno.ENOTSOCK),
        Errno.EMSGSIZE => nameof(Errno.EMSGSIZE),
        Errno.EPROTONOSUPPORT => nameof(Errno.EPROTONOSUPPORT),
        Errno.EOPNOTSUPP => nameof(Errno.EOPNOTSUPP),
        Errno.EAFNOSUPPORT => nameof(Errno.EAFNOSUPPORT),
        Errno.EADDRINUSE => nameof(Errno.EADDRINUSE),
        Errno.EADDRNOTAVAIL => nameof(Errno.EADDRNOTAVAIL),
        Errno.ENETDOWN => nameof(Errno.ENETDOWN),
        Errno.ENETUNREACH => nameof(Errno.ENETUNREACH),
        Errno.ECONNRESET => nameof(Errno.ECONNRESET),
        Errno.ENOBUFS => nameof(Errno.ENOBUFS),
        Errno.ETIMEDOUT => nameof(Errno.ETIMEDOUT),
        Errno.ECONNREFUSED => nameof(Errno.ECONNREFUSED),
        Errno.EHOSTUNREACH => nameof(Errno.EHOSTUNREACH),
        Errno.EALREADY => nameof(Errno.EALREADY),
        Errno.EINPROGRESS => nameof(Errno.EINPROGRESS),
        Errno.ENOTSUPP => nameof(Errno.ENOTSUPP),
        _ => null,
    };
}
