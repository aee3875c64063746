using System.Runtime.InteropServices;

namespace Podwire.Netlink.Interop;

/// <summary><c>struct tc_tbf_qopt</c> (linux/pkt_sched.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TcTbfQopt
{
    internal const int Length = 36;

    internal TcRateSpec Rate;
    internal TcRateSpec PeakRate;
    internal uint Limit;
    internal uint Buffer;
    internal uint Mtu;
}
