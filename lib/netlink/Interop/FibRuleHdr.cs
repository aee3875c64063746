using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct fib_rule_hdr</c> (linux/fib_rules.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FibRuleHdr
{
    internal const int Length = 12;

    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte Tos;
    internal byte Table;
    internal byte Reserved1;
    internal byte Reserved2;
    internal byte Action;
    internal uint Flags;
}
