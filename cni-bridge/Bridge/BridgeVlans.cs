using System.Globalization;
using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>A bridge that keeps VLANs apart, on kernels that can (CONFIG_BRIDGE_VLAN_FILTERING).</summary>
internal static class BridgeVlans
{
    /// <summary>The VLAN that a bridge puts its ports into.</summary>
    internal const ushort DefaultId = 1;

    private const int MaxName = 15;

    /// <summary>Refuses the keys where the kernel cannot serve them. A bridge that filters already is proof enough.</summary>
    /// <exception cref="CniException">Code 2; 7: the gateway's interface would have too long a name.</exception>
    internal static void Require(Link? bridge, BridgeConfig config)
    {
        if (!config.Vlans.IsUsed)
        {
            return;
        }

        if (config.IsGateway && config.Vlans.Id != 0 && GatewayName(config).Length > MaxName)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"bridge\" is too long for its gateway's interface in a VLAN: {GatewayName(config)}");
        }

        if (bridge?.Bridge?.VlanFiltering != true)
        {
            KernelFeature.Require(KernelFeature.HasBridgeVlanFiltering(), config.Vlans.Key, "CONFIG_BRIDGE_VLAN_FILTERING");
        }
    }

    /// <summary>Makes a bridge that is there filter. Its ports are members of the default VLAN and so go on talking.</summary>
    internal static void EnsureFiltering(RouteSocket host, Link bridge, VlanOptions vlans)
    {
        if (vlans.IsUsed && bridge.Bridge?.VlanFiltering != true)
        {
            host.SetLink(bridge.Index, new LinkChange { Bridge = new BridgeAttributes { VlanFiltering = true } });
        }
    }

    /// <summary>Makes a new port a member of its VLANs. It comes as a member of the default one.</summary>
    internal static void Join(RouteSocket host, int port, VlanOptions vlans)
    {
        if (!vlans.IsUsed)
        {
            return;
        }

        foreach (var range in vlans.Trunk)
        {
            host.AddPortVlan(port, range);
        }

        if (vlans.Id != 0)
        {
            host.AddPortVlan(port, new BridgeVlan(vlans.Id, vlans.Id) { Pvid = true, Untagged = true });
        }

        if (!vlans.PreserveDefault && !vlans.Membership().Exists(v => v.First == DefaultId))
        {
            host.DeletePortVlan(port, new BridgeVlan(DefaultId, DefaultId));
        }
    }

    /// <summary>
    /// The interface that has the gateways' addresses: the bridge, or with <c>vlan</c> one end of a pair whose other end is a port in that
    /// VLAN, named BRIDGE.VLAN as the reference names it. Like the bridge it is shared and stays.
    /// </summary>
    internal static Link EnsureGateway(RouteSocket host, Link bridge, BridgeConfig config)
    {
        if (config.Vlans.Id == 0)
        {
            return bridge;
        }

        var name = GatewayName(config);
        if (host.GetLink(name) is { } present)
        {
            return present;
        }

        var port = PortName(name);
        try
        {
            host.AddLink(new VethSpec(port, name) { Up = true, MasterIndex = bridge.Index, Mtu = config.Mtu });
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST && host.GetLink(name) is not null)
        {
            // Another container's ADD was a moment faster.
            return host.GetLink(name)!;
        }

        try
        {
            Join(host, host.GetLink(port)!.Index, config.Vlans with { Trunk = [] });
            host.SetLink(name, new LinkChange { Up = true });
        }
        catch
        {
            host.DeleteLink(port);
            throw;
        }

        return host.GetLink(name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{name} was removed while it was being made");
    }

    /// <summary>Where CHECK finds the gateways' addresses; null if it is gone.</summary>
    internal static Link? Gateway(RouteSocket host, Link bridge, BridgeConfig config) => config.Vlans.Id == 0 ? bridge : host.GetLink(GatewayName(config));

    /// <summary>Compares a port's VLANs with the configuration.</summary>
    /// <exception cref="CniException">Code 102.</exception>
    internal static void Check(RouteSocket host, Link bridge, Link port, VlanOptions vlans)
    {
        if (!vlans.IsUsed)
        {
            return;
        }

        ContainerCheck.Require(bridge.Bridge?.VlanFiltering == true, $"bridge {bridge.Name} does not filter VLANs");
        var present = host.ListPortVlans(port.Index);
        ContainerCheck.Require(
            present.SequenceEqual(vlans.Membership()),
            $"{port.Name} is a member of the VLANs {string.Join(", ", present.Select(v => v.First))}, not {string.Join(", ", vlans.Membership().Select(v => v.First))}");
    }

    private static string GatewayName(BridgeConfig config) => string.Create(CultureInfo.InvariantCulture, $"{config.Bridge}.{config.Vlans.Id}");

    private static string PortName(string gateway) => $"vlangw{Fnv1a.Hash64(gateway):x16}"[..MaxName];
}
