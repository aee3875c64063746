using Podwire.Netlink;
using Podwire.Netlink.Conntrack;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>
/// UDP flows that the kernel has judged already. A client that goes on sending from one port keeps its flow alive, and a mapping that came
/// or went meanwhile says nothing to it: forgetting the flow makes its next packet a first one.
/// </summary>
internal static class StaleFlows
{
    /// <summary>After an ADD: forgets flows to the mapped ports of this node's addresses that do not lead to the container.</summary>
    internal static void ForgetOthers(IEnumerable<PortMapping> mappings, IpAddress container)
    {
        HashSet<IpAddress>? own = null;
        Forget(
            [.. mappings.Where(m => m.IsOf(container.Family)).Select(m => new PortmapFlow(m, container))],
            null,
            (flow, _) => flow.Reply.Source != container && IsOwn(flow.Original.Destination, ref own));
    }

    /// <summary>After a DEL: forgets flows that lead to a container that is gone.</summary>
    /// <param name="gone">The mappings that there were.</param>
    /// <param name="open">
    /// A socket of nfnetlink to use. Closing another one would wait for the kernel, which still clears away what was deleted.
    /// </param>
    internal static void ForgetThese(IReadOnlyList<PortmapFlow> gone, NetlinkSocket? open) =>
        Forget(gone, open, static (flow, mapping) => flow.Reply.Source == mapping.Container && flow.Reply.SourcePort == mapping.Mapping.ContainerPort);

    /// <summary>After a DEL that was killed when nothing named the ports any more: forgets what was translated to the container.</summary>
    internal static void ForgetAllTo(IpAddress container, NetlinkSocket open) => Forget(
        new ConntrackFilter(container.Family, IpProtocol.Udp),
        ConntrackSocket.Over(open),
        flow => flow.Reply.Source == container && flow.Original.Destination != container);

    private static void Forget(IReadOnlyList<PortmapFlow> mappings, NetlinkSocket? open, Func<ConntrackFlow, PortmapFlow, bool> isStale)
    {
        var udp = mappings.Where(m => m.Mapping.Protocol == IpProtocol.Udp).ToList();
        if (udp.Count == 0)
        {
            return;
        }

        using var conntrack = open is null ? ConntrackSocket.Open() : ConntrackSocket.Over(open);
        foreach (var mapping in udp)
        {
            var filter = new ConntrackFilter(mapping.Container.Family, IpProtocol.Udp, mapping.Mapping.BoundTo, mapping.Mapping.HostPort);
            Forget(filter, conntrack, flow => isStale(flow, mapping));
        }
    }

    private static void Forget(ConntrackFilter filter, ConntrackSocket conntrack, Predicate<ConntrackFlow> isStale)
    {
        try
        {
            if (conntrack.Count() > 0)
            {
                conntrack.DeleteWhere(filter, isStale);
            }
        }
        catch (NetlinkException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // This kernel tracks connections without telling of them (CONFIG_NF_CT_NETLINK); flows end on their own then.
        }
    }

    // The node forwards others' packets to that port too, such as a container's to a name server outside: those are left alone.
    private static bool IsOwn(IpAddress address, ref HashSet<IpAddress>? own)
    {
        if (address.IsLoopback)
        {
            return true;
        }

        if (own is null)
        {
            using var route = RouteSocket.Open();
            own = [.. route.ListAddresses(0, IpFamily.V4).Concat(route.ListAddresses(0, IpFamily.V6)).Select(a => a.Prefix.Address)];
        }

        return own.Contains(address);
    }
}
