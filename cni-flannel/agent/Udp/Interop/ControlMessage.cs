using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary><c>struct cmsghdr</c> with the one number that UDP_SEGMENT (16 bits) and UDP_GRO (32 bits) carry (linux/udp.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlMessage
{
    internal const int SOL_UDP = 17;
    internal const int UDP_SEGMENT = 103;
    internal const int UDP_GRO = 104;

    internal nuint Length;
    internal int Level;
    internal int Type;
    internal int Value;
    internal int Unused;
}
