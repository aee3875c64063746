using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>The socket between the nodes. One datagram is one inner packet, with nothing before or behind it.</summary>
internal sealed class UdpTunnelSocket : IDisposable
{
    private const int BufferLength = 8 * 1024 * 1024;

    private UdpTunnelSocket(Descriptor descriptor) => Descriptor = descriptor;

    internal Descriptor Descriptor { get; }

    /// <summary>Opens it on an address and port of this node.</summary>
    /// <exception cref="SyscallException">EADDRINUSE, EADDRNOTAVAIL.</exception>
    public static UdpTunnelSocket Open(IpAddress address, ushort port, NetNamespace? target)
    {
        UdpTunnelSocket Bind()
        {
            var socket = Libc.OpenUdp(Address((uint)address.Value, port), BufferLength);
            _ = Libc.TrySetUdpGro(socket);
            return new UdpTunnelSocket(socket);
        }

        return target is null ? Bind() : target.Run(Bind);
    }

    /// <summary>An address in host order as the kernel wants it.</summary>
    public static SocketAddress4 Address(uint address, ushort port) => new()
    {
        Family = SocketAddress4.AF_INET,
        Port = InternetChecksum.Network(port),
        Address = BitConverter.IsLittleEndian ? System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(address) : address,
    };

    /// <summary>Wakes whoever waits for a datagram; nothing can be waited for any more.</summary>
    public void EndReceiving() => Libc.EndReceiving(Descriptor);

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();
}
