using System.Runtime.InteropServices;

namespace Podwire.CniFlannel.Agent.Udp.Interop;

/// <summary><c>struct virtio_net_hdr</c> (linux/virtio_net.h), in this machine's byte order: it stands before each packet of a TUN device with IFF_VNET_HDR.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct VirtioHeader
{
    internal const int Size = 10;
    internal const byte NeedsChecksum = 1;
    internal const byte GsoNone = 0;
    internal const byte GsoTcpV4 = 1;
    internal const byte GsoUdpL4 = 5;
    internal const byte GsoEcn = 0x80;

    internal byte Flags;
    internal byte GsoType;
    internal ushort HeaderLength;
    internal ushort GsoSize;
    internal ushort ChecksumStart;
    internal ushort ChecksumOffset;
}
