using System.Net.Sockets;
using Podwire.BgpDaemon.Interop;

namespace Podwire.BgpDaemon.Loop;

/// <summary>A socket that the loop waits for.</summary>
internal abstract class LoopTarget(Socket socket) : IDisposable
{
    public Socket Socket { get; } = socket;

    /// <summary>The descriptor's number, which names it to epoll.</summary>
    public int Number { get; } = (int)socket.SafeHandle.DangerousGetHandle();

    /// <summary>What it waits for.</summary>
    public uint Interest { get; set; } = Libc.EPOLLIN;

    /// <summary>It is readable, writable or broken.</summary>
    public abstract void Ready(uint events, long now);

    public virtual void Dispose() => Socket.Dispose();
}
