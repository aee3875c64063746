using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Ptp;

/// <summary>CHECK: the previous result and the configuration against what the kernel has.</summary>
internal static class PtpCheck
{
    /// <exception cref="CniException">Code 102, with the first difference.</exception>
    internal static void Compare(PluginCall call, PtpConfig config, CniResult previous)
    {
        using var host = RouteSocket.Open();
        var told = previous.Interfaces.FirstOrDefault(i => i.Sandbox.Length == 0);
        var name = told?.Name ?? new HostVeth(call.Config.Name, call.Attachment).Name;
        var link = host.GetLink(name) ?? throw ContainerCheck.Differs($"{name} is gone");
        ContainerCheck.Require(link.IsUp, $"{name} is down");
        ContainerCheck.CompareMac(told, link);
        var addresses = host.ListAddresses(link.Index);
        foreach (var ip in previous.Ips)
        {
            ContainerCheck.Require(ip.Gateway.IsNone || addresses.Exists(a => a.Prefix == IpPrefix.Host(ip.Gateway)), $"{name} does not have the gateway's address {ip.Gateway}");
            var destination = IpPrefix.Host(ip.Address.Address);
            ContainerCheck.Require(host.ListRoutes(ip.Address.Family, interfaceIndex: link.Index).Exists(r => r.Destination == destination), $"the node has no route to {destination} on {name}");
        }

        if (config.IpMasq)
        {
            var missing = Masquerading.Missing(call, config.IpMasqIptables, previous.Ips.Select(ip => ip.Address));
            ContainerCheck.Require(missing is null, $"{missing} is not masqueraded");
        }

        using var target = NetNamespace.Open(call.NetNs!);
        using var inside = RouteSocket.Open(target);
        ContainerCheck.Compare(call, previous, inside, isUp: true);
        var index = inside.GetLink(call.IfName)!.Index;
        foreach (var route in ContainerInterface.GatewayRoutes(index, previous with { Ips = [.. previous.Ips.Where(ip => !ip.Gateway.IsNone)] }))
        {
            ContainerCheck.Require(
                inside.ListRoutes(route.Destination.Family, interfaceIndex: index).Exists(r => r.Destination == route.Destination && r.Gateway == route.Gateway),
                $"{call.IfName} does not have the route {route}");
        }
    }
}
