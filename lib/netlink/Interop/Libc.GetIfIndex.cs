using System.Runtime.InteropServices;
using System.Text;

namespace Podwire.Netlink.Interop;

internal static partial class Libc
{
    // linux/sockios.h
    private const nuint SIOCGIFINDEX = 0x8933;

    // struct ifreq (linux/if.h): 16 bytes of name, then a union of 24.
    private const int IfReqLength = 40;
    private const int IfNameLength = 16;

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int ioctl_ifreq(Descriptor descriptor, nuint request, byte* argument);

    /// <summary>netdevice(7), SIOCGIFINDEX: the index of a name, 0 if there is none. Unlike a netlink request it does not wait for changes in progress.</summary>
    internal static unsafe int GetIfIndex(Descriptor descriptor, string name)
    {
        var request = stackalloc byte[IfReqLength];
        new Span<byte>(request, IfReqLength).Clear();
        _ = Encoding.UTF8.GetBytes(name, new Span<byte>(request, IfNameLength - 1));
        return ioctl_ifreq(descriptor, SIOCGIFINDEX, request) == 0 ? MemoryMarshal.Read<int>(new ReadOnlySpan<byte>(request + IfNameLength, sizeof(int))) : 0;
    }
}
