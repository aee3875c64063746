using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary><c>struct iovec</c> (sys/uio.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    /// <summary>IOV_MAX: as many as one call takes.</summary>
    internal const int Most = 1024;

    internal byte* Start;
    internal nuint Length;
}
