using System.Runtime.InteropServices;
using System.Text;
using Podwire.Netlink;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

internal static partial class Libc
{
    // linux/if_tun.h.
    internal const ushort IFF_TUN = 0x0001;
    internal const ushort IFF_NO_PI = 0x1000;
    internal const ushort IFF_VNET_HDR = 0x4000;
    internal const uint TUN_F_CSUM = 0x01;
    internal const uint TUN_F_TSO4 = 0x02;
    internal const uint TUN_F_TSO6 = 0x04;
    internal const uint TUN_F_TSO_ECN = 0x08;
    internal const uint TUN_F_USO4 = 0x20;
    internal const uint TUN_F_USO6 = 0x40;
    private const nuint TUNSETIFF = 0x400454ca;
    private const nuint TUNSETPERSIST = 0x400454cb;
    private const nuint TUNSETOFFLOAD = 0x400454d0;
    private const int O_RDWR = 2;
    private const int NameLength = 16;

    /// <summary><c>struct ifreq</c> with its flags (net/if.h): 40 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 40)]
    private unsafe struct InterfaceRequest
    {
        internal fixed byte Name[NameLength];
        internal ushort Flags;
    }

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    private static unsafe partial int ioctl(Descriptor descriptor, nuint request, void* argument);

    /// <summary>
    /// Opens a queue of a TUN device of the calling thread's network namespace, made if there is none of that name. Reads and writes do not wait.
    /// </summary>
    /// <exception cref="SyscallException">EBUSY: another process has it; EINVAL: something else has that name; ENOENT: this kernel has no TUN.</exception>
    internal static unsafe Descriptor OpenTun(string name, ushort flags)
    {
        var descriptor = Own(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK, 0), "open", "/dev/net/tun");
        InterfaceRequest request = default;
        Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameLength - 1)), new Span<byte>(request.Name, NameLength));
        request.Flags = flags;
        if (ioctl(descriptor, TUNSETIFF, &request) < 0)
        {
            var errno = LastErrno;
            descriptor.Dispose();
            throw new SyscallException("ioctl TUNSETIFF", errno, name);
        }

        return descriptor;
    }

    /// <summary>Whether the device stays when the last queue is closed.</summary>
    internal static unsafe void SetTunPersist(Descriptor tun, bool persists) => _ = ioctl(tun, TUNSETPERSIST, (void*)(persists ? 1 : 0));

    /// <summary>What the reader can take: TUN_F_*. False if this kernel knows one of them not.</summary>
    internal static unsafe bool TrySetTunOffload(Descriptor tun, uint features) => ioctl(tun, TUNSETOFFLOAD, (void*)features) == 0;
}
