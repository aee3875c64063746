using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

internal static partial class Libc
{
    /// <summary>read(2); -1 with <see cref="LastErrno"/>.</summary>
    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static unsafe partial nint Read(Descriptor descriptor, byte* buffer, nuint length);

    /// <summary>writev(2): the pieces are one packet; -1 with <see cref="LastErrno"/>.</summary>
    [LibraryImport(Library, EntryPoint = "writev", SetLastError = true)]
    internal static unsafe partial nint WriteVector(Descriptor descriptor, IoVector* vectors, int count);
}
