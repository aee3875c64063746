using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>The bridge that a node's containers are ports of. It is shared, so it is made when first needed and never removed.</summary>
internal static class BridgeDevice
{
    /// <summary>The link under the bridge's name, null if there is none.</summary>
    /// <exception cref="CniException">Code 103: it is something else.</exception>
    internal static Link? Look(RouteSocket host, string name)
    {
        var link = host.GetLink(name);
        return link is null || link.Kind == "bridge"
            ? link
            : throw new CniException(CniErrorCode.Conflict, $"{name} is no bridge", $"its kind is {(link.Kind.Length > 0 ? link.Kind : "physical")}");
    }

    /// <summary>The bridge, made and switched on if need be.</summary>
    internal static Link Ensure(RouteSocket host, BridgeConfig config)
    {
        var bridge = Look(host, config.Bridge) ?? Create(host, config);
        BridgeVlans.EnsureFiltering(host, bridge, config.Vlans);
        var promiscuous = config.Promiscuous && (bridge.Flags & LinkFlags.Promiscuous) == 0;
        if (!bridge.IsUp || promiscuous)
        {
            host.SetLink(bridge.Index, new LinkChange { Up = true, Promiscuous = promiscuous ? true : null });
        }

        return bridge;
    }

    /// <summary>Gives the bridge the gateways' addresses and lets the node forward their families.</summary>
    internal static void EnsureGateways(RouteSocket host, Link bridge, IEnumerable<CniIp> ips, bool force)
    {
        var present = host.ListAddresses(bridge.Index);
        foreach (var ip in ips)
        {
            if (ip.Gateway.IsNone)
            {
                continue;
            }

            var wanted = new IpPrefix(ip.Gateway, ip.Address.Length);
            if (force)
            {
                foreach (var other in present.Where(a => InTheWay(a.Prefix, wanted)).ToList())
                {
                    host.DeleteAddress(other);
                    present.Remove(other);
                }
            }

            if (!present.Any(a => a.Prefix == wanted))
            {
                present.Add(AddAddress(host, bridge, wanted));
            }

            Forward(wanted.Family);
        }
    }

    /// <summary>A gateway's address as the bridge has it. Nobody else can have it, so IPv6 does not ask around first.</summary>
    internal static AddressEntry GatewayAddress(int bridge, IpPrefix prefix) => new(bridge, prefix)
    {
        Broadcast = prefix.Address.IsV4 && prefix.Length < 31 ? prefix.Last : null,
        Flags = prefix.Address.IsV6 ? AddressFlags.NoDad : AddressFlags.None,
    };

    private static bool InTheWay(IpPrefix present, IpPrefix wanted) =>
        present != wanted && present.Family == wanted.Family && (present.Family == IpFamily.V4 || present.Overlaps(wanted)) && !present.Address.IsLinkLocal;

    private static Link Create(RouteSocket host, BridgeConfig config)
    {
        try
        {
            // With an address of its own the bridge does not take the lowest of its ports', which would change as containers come and go.
            host.AddLink(new BridgeSpec(config.Bridge)
            {
                Mtu = config.Mtu,
                Mac = MacAddress.LocallyAdministered((ulong)Random.Shared.NextInt64()),
            });

            // Before it is switched on: the kernel asks for neighbours of forwarded packets from the link-local address (net/ipv6/ndisc.c,
            // ndisc_send_ns), and with duplicate address detection that would not be usable for the first containers' first two seconds.
            Sysctl.TryEnsure($"net/ipv6/conf/{config.Bridge}/accept_ra", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{config.Bridge}/accept_dad", "0");
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
        {
            // Another container's ADD was a moment faster.
        }

        return Look(host, config.Bridge) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{config.Bridge} was removed while it was being made");
    }

    private static AddressEntry AddAddress(RouteSocket host, Link bridge, IpPrefix prefix)
    {
        if (prefix.Address.IsV6)
        {
            Sysctl.TryEnsure($"net/ipv6/conf/{bridge.Name}/disable_ipv6", "0");
        }

        var entry = GatewayAddress(bridge.Index, prefix);
        host.EnsureAddress(entry);
        return entry;
    }

    /// <summary>Lets the node forward a family.</summary>
    internal static void Forward(IpFamily family)
    {
        var setting = family == IpFamily.V4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding";
        if (!Sysctl.TryEnsure(setting, "1"))
        {
            throw new CniException(CniErrorCode.KernelRefused, $"this kernel has no {setting}");
        }
    }
}
