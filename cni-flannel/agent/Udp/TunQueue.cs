using Podwire.CniFlannel.Agent.Udp.Interop;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Udp;

/// <summary>
/// The queue of a TUN device (Documentation/networking/tuntap.rst): whole IP packets come out and go in. Each stands behind a
/// <c>struct virtio_net_hdr</c>, so that the kernel hands over TCP data in pieces of up to 64 KiB and leaves checksums to the reader.
/// </summary>
internal sealed unsafe class TunQueue : IDisposable
{
    private readonly Descriptor tun;
    private bool mayWriteUdpSegments = true;

    /// <summary>Wraps a descriptor that behaves as a TUN device does; owns it.</summary>
    internal TunQueue(Descriptor tun, string name)
    {
        this.tun = tun;
        Name = name;
    }

    /// <summary>The device's name.</summary>
    public string Name { get; }

    internal Descriptor Descriptor => tun;

    /// <summary>Attaches to a device, or makes it. It stays when the process is killed, until <see cref="Release"/> was called.</summary>
    /// <exception cref="SyscallException">EBUSY: another process has it; EINVAL: the name belongs to another kind of device.</exception>
    public static TunQueue Open(string name, NetNamespace? target)
    {
        TunQueue Attach()
        {
            var tun = Libc.OpenTun(name, Libc.IFF_TUN | Libc.IFF_NO_PI | Libc.IFF_VNET_HDR);
            Libc.SetTunPersist(tun, persists: true);
            const uint tcp = Libc.TUN_F_CSUM | Libc.TUN_F_TSO4 | Libc.TUN_F_TSO6 | Libc.TUN_F_TSO_ECN;

            // UDP segmentation came with Linux 6.2; without any of it the packets come one by one.
            _ = Libc.TrySetTunOffload(tun, tcp | Libc.TUN_F_USO4 | Libc.TUN_F_USO6) || Libc.TrySetTunOffload(tun, tcp);
            return new TunQueue(tun, name);
        }

        return target is null ? Attach() : target.Run(Attach);
    }

    /// <summary>The device goes when this queue is closed.</summary>
    public void Release() => Libc.SetTunPersist(tun, persists: false);

    /// <summary>Reads one packet with its header, without waiting; 0 if there is none.</summary>
    /// <exception cref="SyscallException">EBADFD: the device was deleted.</exception>
    public int Read(byte* buffer, int length)
    {
        var count = Libc.Read(tun, buffer, (nuint)length);
        return count >= 0 ? (int)count
            : Libc.LastErrno is Errno.EAGAIN or Errno.EINTR ? 0
            : throw new SyscallException("read", Libc.LastErrno, Name);
    }

    /// <summary>Writes one packet, the first vector being its <see cref="VirtioHeader"/>; false if the kernel does not take it.</summary>
    public bool Write(IoVector* vectors, int count) => Libc.WriteVector(tun, vectors, count) >= 0;

    /// <summary>As <see cref="Write"/> for several UDP datagrams in one; false for good where the kernel is too old (before 6.2).</summary>
    public bool TryWriteUdpSegments(IoVector* vectors, int count)
    {
        if (mayWriteUdpSegments && !Write(vectors, count))
        {
            mayWriteUdpSegments = Libc.LastErrno != Errno.EINVAL;
            return false;
        }

        return mayWriteUdpSegments;
    }

    /// <summary>Waits until a packet can be read or <paramref name="stop"/> is signalled.</summary>
    public void WaitReadable(Descriptor stop) => Libc.WaitReadable(tun, stop);

    /// <summary>Closes the queue.</summary>
    public void Dispose() => tun.Dispose();
}
