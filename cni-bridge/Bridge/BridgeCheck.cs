using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>CHECK: the previous result and the configuration against what the kernel has.</summary>
internal static class BridgeCheck
{
    /// <exception cref="CniException">Code 102, with the first difference.</exception>
    internal static void Compare(PluginCall call, BridgeConfig config, CniResult previous)
    {
        using var host = RouteSocket.Open();
        var bridge = host.GetLink(config.Bridge) ?? throw ContainerCheck.Differs($"bridge {config.Bridge} is gone");
        ContainerCheck.Require(bridge.Kind == "bridge", $"{config.Bridge} is no bridge");
        ContainerCheck.Require(bridge.IsUp, $"bridge {config.Bridge} is down");
        ContainerCheck.CompareMac(previous.Interfaces.FirstOrDefault(i => i.Name == config.Bridge && i.Sandbox.Length == 0), bridge);
        CompareHostEnd(call, config, previous, host, bridge);
        if (config.IsGateway)
        {
            var holder = BridgeVlans.Gateway(host, bridge, config) ?? throw ContainerCheck.Differs($"the gateway's interface in VLAN {config.Vlans.Id} is gone");
            var addresses = host.ListAddresses(holder.Index);
            foreach (var ip in previous.Ips.Where(ip => !ip.Gateway.IsNone))
            {
                var gateway = new IpPrefix(ip.Gateway, ip.Address.Length);
                ContainerCheck.Require(addresses.Exists(a => a.Prefix == gateway), $"{(holder == bridge ? "bridge " : string.Empty)}{holder.Name} does not have the gateway's address {gateway}");
            }
        }

        if (config.IpMasq)
        {
            var missing = Masquerading.Missing(call, config.IpMasqIptables, previous.Ips.Select(ip => ip.Address));
            ContainerCheck.Require(missing is null, $"{missing} is not masqueraded");
        }

        using var target = NetNamespace.Open(call.NetNs!);
        using var inside = RouteSocket.Open(target);
        ContainerCheck.Compare(call, previous, inside, !config.DisableContainerInterface);
        if (config.MacSpoofCheck)
        {
            var port = PortName(call, config, previous);
            using var guard = MacSpoofTable.TryOpen();
            ContainerCheck.Require(guard is not null && inside.GetLink(call.IfName) is { Mac: { } mac } && guard.Has(port, mac), $"{port} is not guarded against other MAC addresses");
        }
    }

    /// <summary>An attachment that the reference made has a name of its own kind; the result tells which.</summary>
    private static string PortName(PluginCall call, BridgeConfig config, CniResult previous) =>
        previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length == 0 && i.Name != config.Bridge)?.Name ?? new HostVeth(call.Config.Name, call.Attachment).Name;

    private static void CompareHostEnd(PluginCall call, BridgeConfig config, CniResult previous, RouteSocket host, Link bridge)
    {
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length == 0 && i.Name != config.Bridge);
        var name = PortName(call, config, previous);
        var link = host.GetLink(name) ?? throw ContainerCheck.Differs($"{name} is gone");
        ContainerCheck.Require(link.MasterIndex == bridge.Index, $"{name} is no port of {config.Bridge}");
        ContainerCheck.Require(link.IsUp, $"{name} is down");
        ContainerCheck.CompareMac(told, link);
        ContainerCheck.Require((link.Port?.Hairpin ?? false) == config.Hairpin, $"{name}: hairpin mode is not {config.Hairpin}");
        BridgeVlans.Check(host, bridge, link, config.Vlans);
        ContainerCheck.Require((link.Port?.Isolated ?? false) == config.PortIsolation, $"{name}: port isolation is not {config.PortIsolation}");
    }
}
