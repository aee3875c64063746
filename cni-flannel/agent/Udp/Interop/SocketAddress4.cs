using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary><c>struct sockaddr_in</c> (netinet/in.h); port and address in network order.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct SocketAddress4
{
    internal const ushort AF_INET = 2;

    internal ushort Family;
    internal ushort Port;
    internal uint Address;
}
