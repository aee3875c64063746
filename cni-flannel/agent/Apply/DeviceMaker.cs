using Microsoft.Extensions.Logging;
using Podwire.CniFlannel.Agent.Compile;
using Podwire.CniFlannel.Agent.Udp;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>Makes, corrects and removes the back end's devices, and keeps the udp back end's forwarder with its own.</summary>
internal sealed class DeviceMaker(NodeKernel kernel, ILogger logger, Action recheck) : IDisposable
{
    /// <summary>The udp back end's forwarder, while there is one.</summary>
    public UdpForwarder? Forwarder { get; private set; }

    /// <summary>Removes devices that no back end uses; returns how many.</summary>
    public int Drop(IReadOnlyList<Link> stale)
    {
        foreach (var link in stale)
        {
            if (link.Kind == "tun")
            {
                StopForwarder();
            }

            if (kernel.Route.DeleteLink(link.Index))
            {
                FlannelLog.DeviceRemoved(logger, link.Name, "no back end uses it");
            }
        }

        return stale.Count;
    }

    /// <summary>Makes a device or corrects it; returns how much was changed.</summary>
    /// <exception cref="OverlayException">The kernel lacks this kind of device, or it is in use; the message says what to do.</exception>
    public int Ensure(OverlayDevice wanted)
    {
        var route = kernel.Route;
        var link = route.GetLink(wanted.Name);
        if (link is not null && Mismatch(link, wanted) is { } reason)
        {
            route.DeleteLink(link.Index);
            FlannelLog.DeviceRemoved(logger, wanted.Name, reason);
            link = null;
        }

        if (link is null || (wanted is TunDevice tun && !Carries(tun)))
        {
            Make(wanted);
            SetSysctls(wanted.Name);
            route.SetLink(wanted.Name, new LinkChange { Mtu = wanted.Mtu, Up = true });
            FlannelLog.DeviceCreated(logger, wanted.Name, wanted.Kind, wanted.Local, wanted.Mtu);
            return 1;
        }

        var mac = wanted.HardwareAddress;
        if (link.Mtu == wanted.Mtu && (mac is null || link.Mac == mac) && link.IsUp)
        {
            return 0;
        }

        route.SetLink(link.Index, new LinkChange
        {
            Mtu = link.Mtu == wanted.Mtu ? null : wanted.Mtu,
            Mac = link.Mac == mac ? null : mac,
            Up = true,
        });
        SetSysctls(wanted.Name);
        FlannelLog.DeviceCorrected(logger, wanted.Name, link.Mtu, wanted.Mtu, link.Mac, mac, link.IsUp);
        return 1;
    }

    /// <inheritdoc/>
    public void Dispose() => StopForwarder();

    private void StopForwarder()
    {
        Forwarder?.Dispose();
        Forwarder = null;
    }

    private void Make(OverlayDevice wanted)
    {
        try
        {
            switch (wanted)
            {
                case VxlanDevice vxlan:
                    var attributes = new VxlanAttributes { Vni = vxlan.Vni, Port = vxlan.Port, Local = vxlan.Local, ParentIndex = vxlan.ParentIndex, Learning = vxlan.Learning, Gbp = vxlan.Gbp };
                    kernel.Route.AddLink(new VxlanSpec(vxlan.Name, attributes) { Mac = vxlan.Mac, Mtu = vxlan.Mtu });
                    break;
                case IpipDevice ipip:
                    kernel.Route.AddLink(new IpipSpec(ipip.Name, new IpipAttributes { Local = ipip.Local, PathMtuDiscovery = true }) { Mtu = ipip.Mtu });
                    break;
                case TunDevice tun:
                    StartForwarder(tun);
                    break;
            }
        }
        catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw new OverlayException($"this kernel has no {wanted.Kind} devices: load the module (modprobe {wanted.Kind}) or choose a back end it has, such as host-gw or udp");
        }
        catch (SyscallException e) when (wanted is TunDevice && e.Errno is Errno.ENOENT or Errno.ENODEV && e.Syscall == "open")
        {
            throw new OverlayException("this kernel has no /dev/net/tun, which the back end udp needs: load the module (modprobe tun) or choose another back end");
        }
        catch (SyscallException e) when (wanted is TunDevice && e.Errno == Errno.EBUSY)
        {
            throw new OverlayException($"another process has {wanted.Name}: end it, flanneld perhaps");
        }
        catch (SyscallException e) when (wanted is TunDevice { Port: var port } && e.Errno == Errno.EADDRINUSE)
        {
            throw new OverlayException($"another process has UDP port {port} of {wanted.Local}: end it, flanneld perhaps, or choose another Backend.Port on every node");
        }
    }

    private bool Carries(TunDevice tun) => Forwarder is { IsRunning: true } forwarder && forwarder.Endpoint == Endpoint(tun);

    private void StartForwarder(TunDevice tun)
    {
        StopForwarder();
        void Failed(string reason)
        {
            FlannelLog.ForwarderFailed(logger, tun.Name, reason);
            recheck();
        }

        try
        {
            Forwarder = UdpForwarder.Start(Endpoint(tun), kernel.Target, Failed);
        }
        catch (SyscallException e) when (e.Errno == Errno.EINVAL && kernel.Route.GetLink(tun.Name) is { } other)
        {
            // It was left with other settings (several queues, say): those are fixed when it is made.
            kernel.Route.DeleteLink(other.Index);
            FlannelLog.DeviceRemoved(logger, tun.Name, "it was made otherwise");
            Forwarder = UdpForwarder.Start(Endpoint(tun), kernel.Target, Failed);
        }
    }

    private static UdpEndpoint Endpoint(TunDevice tun) => new(tun.Name, tun.Local, tun.Port, tun.Address.Address);

    /// <summary>
    /// Before it is switched on: no link-local address, no router solicitations through the overlay. The kernel forgets them when the MTU
    /// falls below 1280, which takes IPv6 off the device.
    /// </summary>
    private void SetSysctls(string device)
    {
        kernel.TrySetSysctl($"net/ipv6/conf/{device}/addr_gen_mode", "1");
        kernel.TrySetSysctl($"net/ipv6/conf/{device}/accept_ra", "0");
    }

    /// <summary>What of a device can only be changed by making it anew, or null.</summary>
    public static string? Mismatch(Link link, OverlayDevice wanted) => wanted switch
    {
        _ when link.Kind != wanted.Kind => $"it is a {link.Kind}",
        VxlanDevice vxlan => Mismatch(link.Vxlan!, vxlan),
        IpipDevice ipip => link.Ipip?.Local != ipip.Local ? $"its source address is {link.Ipip?.Local}"
            : link.Ipip.Remote is { } remote ? $"it leads to {remote} alone"
            : null,
        _ => null,
    };

    private static string? Mismatch(VxlanAttributes actual, VxlanDevice wanted) =>
        actual.Vni != wanted.Vni ? $"its VNI is {actual.Vni}"
        : actual.ParentIndex != wanted.ParentIndex ? "it lies on another interface"
        : actual.Local != wanted.Local ? $"its source address is {actual.Local}"
        : actual.Port != wanted.Port ? $"its port is {actual.Port}"
        : actual.Gbp != wanted.Gbp ? "its group policy extension differs"
        : (actual.Learning ?? true) != wanted.Learning ? "its learning differs"
        : actual.Group is not null ? "it has a multicast group"
        : actual.L2Miss == true || actual.L3Miss == true ? "it reports misses"
        : actual.External ? "it takes its identifier from routes"
        : null;
}
