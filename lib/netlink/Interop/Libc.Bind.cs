using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int bind(Descriptor descriptor, SockaddrNl* address, uint length);

    /// <summary>bind(2) of a netlink socket; port 0 lets the kernel choose.</summary>
    internal static unsafe void Bind(Descriptor descriptor, uint portId)
    {
        var address = new SockaddrNl { Family = AF_NETLINK, PortId = portId };
        ThrowIfFailed(bind(descriptor, &address, (uint)sizeof(SockaddrNl)), "bind");
    }
}
