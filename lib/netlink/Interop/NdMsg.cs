using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct ndmsg</c> (linux/neighbour.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NdMsg
{
    internal const int Length = 12;

    internal byte Family;
    internal byte Pad1;
    internal ushort Pad2;
    internal int Index;
    internal ushort State;
    internal byte Flags;
    internal byte Type;
}
