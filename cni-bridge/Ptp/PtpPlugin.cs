using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Ptp;

/// <summary>
/// The plugin ptp: a veth pair between the container and the node, without a bridge. The node has the gateway's address on its end and a
/// route to the container's; the container reaches everything, its own network included, through the gateway.
/// </summary>
public sealed class PtpPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "ptp";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return KernelErrors.Translate(() =>
        {
            var config = PtpConfig.Parse(call.Config);
            using var target = NetNamespace.Open(call.NetNs!);
            using var host = RouteSocket.Open();
            using var undo = new UndoJournal();
            var leased = VethAttachment.Lease(call, undo);
            if (leased.Ips.FirstOrDefault(ip => ip.Gateway.IsNone) is { } bare)
            {
                throw new CniException(CniErrorCode.DelegateFailed, $"IPAM plugin {call.Config.IpamType} gave no gateway for {bare.Address}, and ptp needs one");
            }

            var addressing = leased with
            {
                Ips = [.. leased.Ips.Select(ip => ip with { Interface = 1 })],
                Dns = call.Config.Dns.IsEmpty ? leased.Dns : call.Config.Dns,
            };
            var result = Attach(call, config, host, target, addressing, undo);
            undo.Commit();
            return result;
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        VethAttachment.Del(call);
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = PtpConfig.Parse(call.Config);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        call.Delegates.Invoke(CniCommand.Check, call.Config.IpamType, call);
        KernelErrors.Translate(() => PtpCheck.Compare(call, config, previous));
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        VethAttachment.Gc(call);
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = PtpConfig.Parse(call.Config);
        try
        {
            KernelErrors.Translate(() =>
            {
                if (config.IpMasq)
                {
                    Masquerading.Probe(config.IpMasqIptables);
                }
            });
        }
        catch (CniException e) when (e.Code is CniErrorCode.UnsupportedField or CniErrorCode.KernelRefused)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }

        call.Delegates.Invoke(CniCommand.Status, call.Config.IpamType, call);
    }

    private static CniResult Attach(PluginCall call, PtpConfig config, RouteSocket host, NetNamespace target, CniResult addressing, UndoJournal undo)
    {
        foreach (var family in addressing.Ips.Select(ip => ip.Address.Family).Distinct())
        {
            BridgeDevice.Forward(family);
        }

        var veth = new HostVeth(call.Config.Name, call.Attachment);
        VethAttachment.AddPair(call, host, veth, undo, new VethSpec(veth.Name, call.IfName) { Mtu = config.Mtu, PeerNamespace = target });
        host.SetLink(veth.Name, new LinkChange { Alias = veth.Alias });
        ConfigureHost(host, veth.Name, addressing);
        var inside = ContainerInterface.ConfigurePointToPoint(target, call.IfName, addressing);
        if (config.IpMasq)
        {
            Masquerading.Add(call, config.IpMasqIptables, addressing.Ips.Select(ip => ip.Address), undo);
        }

        var outside = host.GetLink(veth.Name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{veth.Name} was removed while it was being set up");
        return addressing with
        {
            Interfaces =
            [
                new() { Name = outside.Name, Mac = Mac(outside), Mtu = outside.Mtu },
                new() { Name = inside.Name, Mac = Mac(inside), Mtu = inside.Mtu, Sandbox = call.NetNs! },
            ],
        };
    }

    /// <summary>The gateways' addresses, and routes to the container, which take the place of what a container that is gone left for that address.</summary>
    private static void ConfigureHost(RouteSocket host, string name, CniResult addressing)
    {
        if (addressing.Ips.Any(ip => ip.Address.Address.IsV6))
        {
            // Before «up»: the link-local address that neighbours are asked from would not be usable for two seconds.
            Sysctl.TryEnsure($"net/ipv6/conf/{name}/disable_ipv6", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{name}/accept_dad", "0");
            Sysctl.TryEnsure($"net/ipv6/conf/{name}/accept_ra", "0");
        }

        host.SetLink(name, new LinkChange { Up = true });
        var index = host.GetLink(name)!.Index;
        foreach (var ip in addressing.Ips)
        {
            host.EnsureAddress(BridgeDevice.GatewayAddress(index, IpPrefix.Host(ip.Gateway)));
            host.ReplaceRoute(HostRoute(index, ip));
        }
    }

    /// <summary>The node's route to a container's address.</summary>
    internal static RouteEntry HostRoute(int index, CniIp ip) => new(IpPrefix.Host(ip.Address.Address)) { InterfaceIndex = index };

    private static string Mac(Link link) => (link.Mac ?? default(MacAddress)).ToString();
}
