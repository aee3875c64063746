using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct nhmsg</c> (linux/nexthop.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NhMsg
{
    internal const int Length = 8;

    internal byte Family;
    internal byte Scope;
    internal byte Protocol;
    internal byte Reserved;
    internal uint Flags;
}
