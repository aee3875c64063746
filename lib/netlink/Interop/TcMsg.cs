using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct tcmsg</c> (linux/rtnetlink.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcMsg
{
    internal const int Length = 20;

    internal byte Family;
    internal byte Padding1;
    internal ushort Padding2;
    internal int InterfaceIndex;
    internal uint Handle;
    internal uint Parent;
    internal uint Info;
}
