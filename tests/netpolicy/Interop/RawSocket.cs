using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Podwire.NetPolicy.Tests.Interop;

/// <summary>raw(7) sockets of protocols that System.Net.Sockets has no name for.</summary>
internal static partial class RawSocket
{
    private const int AF_INET = 2, SOCK_RAW = 3, SOCK_CLOEXEC = 0x80000;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    public static SafeSocketHandle Open(int protocol)
    {
        var descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, protocol);
        Assert.True(descriptor >= 0, $"socket: errno {Marshal.GetLastPInvokeError()}");
        return new SafeSocketHandle(descriptor, ownsHandle: true);
    }
}
