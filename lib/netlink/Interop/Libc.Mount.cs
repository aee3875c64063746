using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    internal const nuint MS_BIND = 0x1000;

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int mount(string source, string target, string type, nuint flags, void* data);

    /// <summary>mount(2) with MS_BIND.</summary>
    internal static unsafe void BindMount(string source, string target)
    {
        if (mount(source, target, "none", MS_BIND, null) < 0)
        {
            throw new SyscallException("mount", LastErrno, target);
        }
    }
}
