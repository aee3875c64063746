using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int getsockname(Descriptor descriptor, SockaddrNl* address, uint* length);

    /// <summary>getsockname(2) of a netlink socket: the port the kernel gave it.</summary>
    internal static unsafe uint GetPortId(Descriptor descriptor)
    {
        SockaddrNl address = default;
        var length = (uint)sizeof(SockaddrNl);
        ThrowIfFailed(getsockname(descriptor, &address, &length), "getsockname");
        return address.PortId;
    }
}
