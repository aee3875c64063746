using System.Runtime.InteropServices;

namespace Podwire.Primitives;

/// <summary>What the C library says of an error number, with its name: «EEXIST (File exists)».</summary>
public static class ErrnoText
{
    /// <summary>The name and the text; a number without a name is shown as such.</summary>
    public static string Describe(this Errno errno)
    {
        var name = Enum.IsDefined(errno) ? errno.ToString() : $"errno {(int)errno}";
        return errno == Errno.ENOTSUPP ? $"{name} (Operation not supported by the kernel)" : $"{name} ({Marshal.GetPInvokeErrorMessage((int)errno)})";
    }
}
