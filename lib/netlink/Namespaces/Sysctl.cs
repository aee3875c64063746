using System.Text;
using Microsoft.Win32.SafeHandles;

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
        using var file = File.OpenHandle(Root + name, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, Encoding.ASCII.GetBytes(value), 0);
    }

    /// <summary>Reads a setting, without the line end.</summary>
    /// <exception cref="IOException">The kernel has no such setting.</exception>
    public static string Read(string name)
    {
        Check(name);
        using var file = File.OpenHandle(Root + name, FileMode.Open, FileAccess.Read);
        Span<byte> buffer = stackalloc byte[512];
        return Encoding.ASCII.GetString(buffer[..ReadAll(file, buffer)]).TrimEnd('\n');
    }

    /// <summary>Writes a setting unless it has that value already; false if the kernel has no such setting.</summary>
    public static bool TryEnsure(string name, string value)
    {
        Check(name);
        if (!File.Exists(Root + name))
        {
            return false;
        }

        if (Read(name) != value)
        {
            Write(name, value);
        }

        return true;
    }

    private static int ReadAll(SafeFileHandle file, Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length && RandomAccess.Read(file, buffer[total..], total) is > 0 and var read)
        {
            total += read;
        }

        return total;
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
