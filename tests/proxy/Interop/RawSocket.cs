using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Podwire.Proxy.Tests.Interop;

/// <summary>socket(2) for protocols that the framework's Socket does not know.</summary>
internal static partial class RawSocket
{
    private const int AfInet = 2;
    private const int SockRaw = 3;
    private const int SockCloexec = 0x80000;

    /// <summary>A raw IPv4 socket of a protocol; it receives every packet of it, and sends what the kernel puts an IP header before.</summary>
    public static Socket Open(int protocol)
    {
        var descriptor = socket(AfInet, SockRaw | SockCloexec, protocol);
        return descriptor >= 0 ? new(new SafeSocketHandle(descriptor, ownsHandle: true)) : throw new Win32Exception();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);
}
