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
        var bridge = host.GetLink(config.Bridge) ?? throw Differs($"bridge {config.Bridge} is gone");
        Require(bridge.Kind == "bridge", $"{config.Bridge} is no bridge");
        Require(bridge.IsUp, $"bridge {config.Bridge} is down");
        CompareMac(previous.Interfaces.FirstOrDefault(i => i.Name == config.Bridge && i.Sandbox.Length == 0), bridge);
        CompareHostEnd(call, config, previous, host, bridge);
        if (config.IsGateway)
        {
            var addresses = host.ListAddresses(bridge.Index);
            foreach (var ip in previous.Ips.Where(ip => !ip.Gateway.IsNone))
            {
                var gateway = new IpPrefix(ip.Gateway, ip.Address.Length);
                Require(addresses.Exists(a => a.Prefix == gateway), $"bridge {config.Bridge} does not have the gateway's address {gateway}");
            }
        }

        if (config.IpMasq)
        {
            using var masquerade = MasqueradeTable.Open();
            var owner = MasqueradeTable.Owner(call.Config.Name, call.Attachment);
            foreach (var ip in previous.Ips)
            {
                Require(masquerade.Has(ip.Address, owner), $"{ip.Address} is not masqueraded");
            }
        }

        using var target = NetNamespace.Open(call.NetNs!);
        using var inside = RouteSocket.Open(target);
        CompareContainerEnd(call, config, previous, inside);
    }

    private static void CompareHostEnd(PluginCall call, BridgeConfig config, CniResult previous, RouteSocket host, Link bridge)
    {
        // An attachment that the reference made has a name of its own kind; the result tells which.
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length == 0 && i.Name != config.Bridge);
        var name = told?.Name ?? new HostVeth(call.Config.Name, call.Attachment).Name;
        var link = host.GetLink(name) ?? throw Differs($"{name} is gone");
        Require(link.MasterIndex == bridge.Index, $"{name} is no port of {config.Bridge}");
        Require(link.IsUp, $"{name} is down");
        CompareMac(told, link);
        Require((link.Port?.Hairpin ?? false) == config.Hairpin, $"{name}: hairpin mode is not {config.Hairpin}");
        Require((link.Port?.Isolated ?? false) == config.PortIsolation, $"{name}: port isolation is not {config.PortIsolation}");
    }

    private static void CompareContainerEnd(PluginCall call, BridgeConfig config, CniResult previous, RouteSocket inside)
    {
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length > 0 && i.Name == call.IfName)
            ?? throw Differs($"the previous result does not have {call.IfName}");
        Require(told.Sandbox == call.NetNs, $"the previous result has {call.IfName} in {told.Sandbox}");
        var link = inside.GetLink(call.IfName) ?? throw Differs($"{call.IfName} is gone");
        Require(link.Kind == "veth", $"{call.IfName} is no veth");
        Require(link.IsUp != config.DisableContainerInterface, $"{call.IfName} is {(link.IsUp ? "up" : "down")}");
        Require(told.Mtu == 0 || told.Mtu == link.Mtu, $"{call.IfName} has the MTU {link.Mtu}, not {told.Mtu}");
        CompareMac(told, link);
        var index = previous.Interfaces.ToList().IndexOf(told);
        var own = previous with { Ips = [.. previous.Ips.Where(ip => ip.Interface is null || ip.Interface == index)] };
        var addresses = inside.ListAddresses(link.Index);
        foreach (var ip in own.Ips)
        {
            Require(addresses.Exists(a => a.Prefix == ip.Address), $"{call.IfName} does not have the address {ip.Address}");
        }

        foreach (var route in ContainerInterface.Routes(link.Index, own))
        {
            var routes = inside.ListRoutes(route.Destination.Family, route.Table, link.Index);
            Require(
                routes.Exists(r => r.Destination == route.Destination && r.Gateway == route.Gateway && (route.Metric == 0 || r.Metric == route.Metric)),
                $"{call.IfName} does not have the route {route}");
        }
    }

    private static void CompareMac(CniInterface? told, Link link)
    {
        if (told is { Mac.Length: > 0 })
        {
            Require(MacAddress.TryParse(told.Mac, out var mac) && mac == link.Mac, $"{link.Name} has the MAC address {link.Mac}, not {told.Mac}");
        }
    }

    private static void Require(bool holds, string difference)
    {
        if (!holds)
        {
            throw Differs(difference);
        }
    }

    private static CniException Differs(string difference) => new(CniErrorCode.CheckFailed, difference);
}
