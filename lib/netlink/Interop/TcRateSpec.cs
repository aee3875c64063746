using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct tc_ratespec</c> (linux/pkt_sched.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcRateSpec
{
    internal byte CellLog;
    internal byte LinkLayer;
    internal ushort Overhead;
    internal short CellAlign;
    internal ushort MinimumPacketUnit;
    internal uint Rate;
}
