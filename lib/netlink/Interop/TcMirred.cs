using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct tc_mirred</c> (linux/tc_act/tc_mirred.h), which begins with <c>tc_gen</c> (linux/pkt_cls.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcMirred
{
    internal const int Length = 28;

    internal uint Index;
    internal uint Capability;
    internal int Action;
    internal int References;
    internal int Bindings;
    internal int Direction;
    internal int InterfaceIndex;
}
