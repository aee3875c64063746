using System.Text;
using Podwire.Netlink.Interop;
using Podwire.Primitives;

namespace Podwire.Netlink.Namespaces;

/// <summary>
/// Kernel settings under /proc/sys, as the calling thread sees them: those of net/ are its network namespace's.
/// </summary>
public static class Sysctl
{
    private const string Root = "/proc/sys/";

    /// <summary>Writes a setting.</summary>
    /// <param name="name">The path below /proc/sys, with slashes, such as <c>net/ipv4/conf/all/rp_filter</c>.</param>
    /// <param name="value">The text to write.</param>
    /// <exception cref="IOException">The kernel has no such setting or refuses the value.</exception>
    public static void Write(string name, string value)
    {
        Check(name);
        var errno = Libc.WriteWhole(Root + name, Encoding.ASCII.GetBytes(value));
        if (errno != Errno.None)
        {
            throw Failure("write", name, errno);
        }
    }

    /// <summary>Reads a setting, without the line end.</summary>
    /// <exception cref="IOException">The kernel has no such setting.</exception>
    public static string Read(string name)
    {
        Check(name);
        var errno = TryRead(name, out var value);
        return errno == Errno.None ? value : throw Failure("read", name, errno);
    }

    /// <summary>Writes a setting unless it has that value already; false if the kernel has no such setting.</summary>
    /// <exception cref="IOException">The kernel refuses the value.</exception>
    public static bool TryEnsure(string name, string value)
    {
        Check(name);
        var errno = TryRead(name, out var present);
        if (errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return false;
        }

        // One that cannot be read may still be written.
        if (errno != Errno.None || present != value)
        {
            Write(name, value);
        }

        return true;
    }

    private static Errno TryRead(string name, out string value)
    {
        Span<byte> buffer = stackalloc byte[512];
        var errno = Libc.ReadWhole(Root + name, buffer, out var length);
        value = Encoding.ASCII.GetString(buffer[..length]).TrimEnd('\n');
        return errno;
    }

    private static IOException Failure(string what, string name, Errno errno)
    {
        var message = $"cannot {what} {Root}{name}: {errno.Describe()}";
        return errno is Errno.ENOENT or Errno.ENOTDIR ? new FileNotFoundException(message) : new IOException(message);
    }

    private static void Check(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name[0] == '/' || name.Contains("..", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' is not a path below /proc/sys", nameof(name));
        }
    }
}
