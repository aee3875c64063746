using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink.Namespaces;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// Sends ICMP errors to the pods of this node. Through a raw socket: written to the TUN device, as flanneld does, a packet from one of the node's own
/// addresses is a martian to the kernel, and dropped. Without CAP_NET_RAW no errors are sent.
/// </summary>
internal sealed unsafe class IcmpSender : IDisposable
{
    private readonly Descriptor? raw;
    private readonly uint address;
    private readonly NativeBuffer<byte> packet = new(IcmpError.MostLength);

    /// <summary>Opens the socket.</summary>
    /// <param name="address">This node's address in the pod network, in host order: the source.</param>
    /// <param name="target">The namespace; null for this process's own.</param>
    public IcmpSender(uint address, NetNamespace? target)
    {
        this.address = address;
        raw = target is null ? Libc.TryOpenRaw() : target.Run(Libc.TryOpenRaw);
    }

    /// <summary>Answers a packet; what cannot be sent is not.</summary>
    public void Send(byte type, scoped in Ipv4Packet about)
    {
        var length = raw is null ? 0 : IcmpError.Build(type, address, about, new Span<byte>(packet.Start, IcmpError.MostLength));
        if (length == 0)
        {
            return;
        }

        var to = UdpTunnelSocket.Address(about.Source, 0);
        var vector = new IoVector { Start = packet.Start, Length = (nuint)length };
        var message = new MultiMessage { Name = &to, NameLength = (uint)sizeof(SocketAddress4), Vectors = &vector, VectorCount = 1 };
        _ = Libc.SendMessages(raw!, &message, 1, Libc.MSG_DONTWAIT);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        raw?.Dispose();
        packet.Dispose();
    }
}
