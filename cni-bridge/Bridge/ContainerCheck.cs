using Podwire.Cni;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>CHECK of a container's end of a pair, for the plugins that make one.</summary>
internal static class ContainerCheck
{
    /// <summary>Compares the interface, its addresses and routes with the previous result.</summary>
    /// <exception cref="CniException">Code 102, with the first difference.</exception>
    internal static void Compare(PluginCall call, CniResult previous, RouteSocket inside, bool isUp)
    {
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length > 0 && i.Name == call.IfName)
            ?? throw Differs($"the previous result does not have {call.IfName}");
        Require(told.Sandbox == call.NetNs, $"the previous result has {call.IfName} in {told.Sandbox}");
        var link = inside.GetLink(call.IfName) ?? throw Differs($"{call.IfName} is gone");
        Require(link.Kind == "veth", $"{call.IfName} is no veth");
        Require(link.IsUp == isUp, $"{call.IfName} is {(link.IsUp ? "up" : "down")}");
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

    /// <summary>A link's address with what the result tells, if it tells one.</summary>
    internal static void CompareMac(CniInterface? told, Link link)
    {
        if (told is { Mac.Length: > 0 })
        {
            Require(MacAddress.TryParse(told.Mac, out var mac) && mac == link.Mac, $"{link.Name} has the MAC address {link.Mac}, not {told.Mac}");
        }
    }

    /// <summary>Fails unless it holds.</summary>
    internal static void Require(bool holds, string difference)
    {
        if (!holds)
        {
            throw Differs(difference);
        }
    }

    /// <summary>What a difference is answered with.</summary>
    internal static CniException Differs(string difference) => new(CniErrorCode.CheckFailed, difference);
}
