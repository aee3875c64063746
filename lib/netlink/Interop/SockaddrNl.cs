using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct sockaddr_nl</c> (linux/netlink.h). Port 0 is the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SockaddrNl
{
    internal ushort Family;
    internal ushort Pad;
    internal uint PortId;
    internal uint Groups;
}
