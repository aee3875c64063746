using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary><c>struct mmsghdr</c> (sys/socket.h) of a 64-bit Linux: a <c>struct msghdr</c> and how much of it was carried.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MultiMessage
{
    internal void* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal ControlMessage* Control;
    internal nuint ControlLength;
    internal int Flags;
    internal int Unused;
    internal uint Length;
}
