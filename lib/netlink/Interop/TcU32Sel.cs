using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct tc_u32_sel</c> with one <c>struct tc_u32_key</c> (linux/pkt_cls.h). All zero but the count matches every packet.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcU32Sel
{
    internal const int Length = 32;

    internal byte Flags;
    internal byte OffsetShift;
    internal byte KeyCount;
    internal byte Padding;
    internal ushort OffsetMask;
    internal ushort Offset;
    internal short OffsetOffset;
    internal short HashOffset;
    internal uint HashMask;
    internal uint Mask;
    internal uint Value;
    internal int KeyOffset;
    internal int KeyOffsetMask;
}
