using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge;

/// <summary>CHECK of the interface in the container: the previous result against what the kernel has.</summary>
internal static class ContainerCheck
{
    /// <summary>The result that CHECK, and chained plugins, cannot do without.</summary>
    /// <exception cref="CniException">Code 7.</exception>
    internal static CniResult Previous(PluginCall call) => call.Config.PrevResult
        ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"{call.Command.ToWire()} needs \"prevResult\"");

    /// <summary>As <see cref="Previous"/>, for a plugin that only works behind another.</summary>
    /// <exception cref="CniException">Code 7.</exception>
    internal static CniResult Chained(PluginCall call) => call.Config.PrevResult
        ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"{call.Config.Type} must be chained behind a plugin that makes an interface: \"prevResult\" is missing");

    /// <summary>Compares a veth.</summary>
    /// <exception cref="CniException">Code 102, with the first difference.</exception>
    internal static void Compare(PluginCall call, CniResult previous, RouteSocket inside, bool isUp) =>
        Require(CompareAny(call, previous, inside, isUp).Kind == "veth", $"{call.IfName} is no veth");

    /// <summary>Compares an interface of any kind, which is to be up. Returns the link.</summary>
    /// <exception cref="CniException">Code 102, with the first difference.</exception>
    internal static Link Compare(PluginCall call, CniResult previous, RouteSocket inside) => CompareAny(call, previous, inside, isUp: true);

    /// <summary>A link's address with what the result tells, if it tells one.</summary>
    internal static void CompareMac(CniInterface? told, Link link)
    {
        if (told is { Mac.Length: > 0 })
        {
            Require(MacAddress.TryParse(told.Mac, out var mac) && mac == link.Mac, $"{link.Name} has the MAC address {link.Mac}, not {told.Mac}");
        }
    }

    private static Link CompareAny(PluginCall call, CniResult previous, RouteSocket inside, bool isUp)
    {
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length > 0 && i.Name == call.IfName)
            ?? throw Differs($"the previous result does not have {call.IfName}");
        Require(told.Sandbox == call.NetNs, $"the previous result has {call.IfName} in {told.Sandbox}");
        var link = inside.GetLink(call.IfName) ?? throw Differs($"{call.IfName} is gone");
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

        return link;
    }

    /// <summary>Demands that something holds.</summary>
    /// <exception cref="CniException">Code 102.</exception>
    internal static void Require(bool holds, string difference)
    {
        if (!holds)
        {
            throw Differs(difference);
        }
    }

    /// <summary>A difference.</summary>
    internal static CniException Differs(string difference) => new(CniErrorCode.CheckFailed, difference);
}
