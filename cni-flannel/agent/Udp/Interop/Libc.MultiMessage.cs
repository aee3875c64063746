using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

internal static partial class Libc
{
    /// <summary>MSG_WAITFORONE: waits for the first message only.</summary>
    internal const int MSG_WAITFORONE = 0x10000;

    /// <summary>MSG_DONTWAIT.</summary>
    internal const int MSG_DONTWAIT = 0x40;

    /// <summary>MSG_TRUNC: the datagram was longer than the buffer.</summary>
    internal const int MSG_TRUNC = 0x20;

    /// <summary>recvmmsg(2); the number of messages, or -1 with <see cref="LastErrno"/>.</summary>
    [LibraryImport(Library, EntryPoint = "recvmmsg", SetLastError = true)]
    internal static unsafe partial int ReceiveMessages(Descriptor socket, MultiMessage* messages, uint count, int flags, void* timeout);

    /// <summary>sendmmsg(2); the number of messages, or -1 with <see cref="LastErrno"/>.</summary>
    [LibraryImport(Library, EntryPoint = "sendmmsg", SetLastError = true)]
    internal static unsafe partial int SendMessages(Descriptor socket, MultiMessage* messages, uint count, int flags);
}
