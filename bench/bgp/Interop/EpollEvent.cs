using System.Runtime.InteropServices;

namespace Podwire.BgpBench.Interop;

/// <summary>struct epoll_event (epoll_ctl(2)), packed on x86-64.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    public uint Events;
    public long Data;
}
