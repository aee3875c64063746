using Podwire.CniCalico.Ipam;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniCalico.Agent.Apply;

/// <content>The tunnels' devices and the other ends of VXLAN.</content>
internal sealed partial class RouteKeeper
{
    private int EnsureIpip(IpAddress address, int mtu, ref int changed)
    {
        var link = route.GetLink(IpipDevice);
        if (link is null)
        {
            try
            {
                route.AddLink(new IpipSpec(IpipDevice, new IpipAttributes()));
            }
            catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
            {
                // The module's own device of that name came with it.
            }
            catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
            {
                throw new IOException("this kernel has no ipip devices: load the module (modprobe ipip), or choose vxlanMode or ipipMode Never", e);
            }

            link = route.GetLink(IpipDevice) ?? throw new IOException($"{IpipDevice} was removed while it was being set up");
            CalicoLog.DeviceCreated(logger, IpipDevice, address, mtu);
            changed++;
        }

        return Configure(link, address, mtu, ref changed);
    }

    private int EnsureVxlan(IpAddress local, int underlay, IpAddress address, int mtu, ref int changed)
    {
        var link = route.GetLink(VxlanDevice);
        if (link is not null && (link.Vxlan is not { } there || there.Vni != Vni || there.Port != Port || there.Local != local || there.ParentIndex != underlay))
        {
            route.DeleteLink(link.Index);
            CalicoLog.DeviceRemoved(logger, VxlanDevice);
            link = null;
        }

        if (link is null)
        {
            route.AddLink(new VxlanSpec(VxlanDevice, new VxlanAttributes { Vni = Vni, Port = Port, Local = local, ParentIndex = underlay, Learning = false }) { Mac = CalicoNames.VxlanMac(node), Mtu = mtu });
            Sysctl.TryEnsure($"net/ipv6/conf/{VxlanDevice}/disable_ipv6", "1");
            link = route.GetLink(VxlanDevice) ?? throw new IOException($"{VxlanDevice} was removed while it was being set up");
            CalicoLog.DeviceCreated(logger, VxlanDevice, address, mtu);
            changed++;
        }

        return Configure(link, address, mtu, ref changed);
    }

    private int Configure(Link link, IpAddress address, int mtu, ref int changed)
    {
        if (link.Mtu != mtu || !link.IsUp)
        {
            route.SetLink(link.Index, new LinkChange { Mtu = mtu, Up = true });
            changed++;
        }

        var has = false;
        foreach (var entry in route.ListAddresses(link.Index, IpFamily.V4))
        {
            has |= entry.Prefix == IpPrefix.Host(address);
            if (entry.Prefix != IpPrefix.Host(address))
            {
                route.DeleteAddress(entry);
                changed++;
            }
        }

        if (!has)
        {
            route.AddAddress(new AddressEntry(link.Index, IpPrefix.Host(address)));
            changed++;
        }

        return link.Index;
    }

    private int EnsurePeers(int overlay, Dictionary<IpAddress, MacAddress> neighbours, Dictionary<MacAddress, IpAddress> ends)
    {
        var batch = new RouteBatch();
        foreach (var there in route.ListNeighbours(IpFamily.V4, overlay))
        {
            if (there.State == NeighbourState.Permanent && !neighbours.ContainsKey(there.Address))
            {
                batch.DeleteNeighbour(there);
            }
            else if (there.State == NeighbourState.Permanent && there.Mac == neighbours[there.Address])
            {
                neighbours.Remove(there.Address);
            }
        }

        foreach (var there in route.ListFdb(overlay))
        {
            if (there.Remote is not { } remote)
            {
                continue;
            }

            if (!ends.TryGetValue(there.Mac, out var wanted))
            {
                batch.DeleteFdb(there);
            }
            else if (wanted == remote)
            {
                ends.Remove(there.Mac);
            }
        }

        foreach (var (address, mac) in neighbours)
        {
            batch.SetNeighbour(new NeighbourEntry(overlay, address, mac));
        }

        foreach (var (mac, remote) in ends)
        {
            batch.SetFdb(new FdbEntry(overlay, mac) { Remote = remote });
        }

        foreach (var refusal in batch.Count == 0 ? [] : route.TryExecute(batch))
        {
            if (refusal.Errno is not (Errno.ENOENT or Errno.ESRCH))
            {
                CalicoLog.KernelRefuses(logger, refusal.Message);
            }
        }

        return batch.Count;
    }
}
