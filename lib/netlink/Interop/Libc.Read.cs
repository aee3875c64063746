using System.Runtime.InteropServices;
using Podwire.Primitives;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial nint read(Descriptor descriptor, byte* buffer, nuint length);

    /// <summary>read(2); 0 at the end, also where the other end went away.</summary>
    internal static unsafe int Read(Descriptor descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var count = read(descriptor, start, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (LastErrno)
                {
                    case Errno.EINTR:
                        continue;
                    case Errno.ECONNRESET:
                        return 0;
                    default:
                        throw new SyscallException("read", LastErrno);
                }
            }
        }
    }
}
