using Podwire.Cni;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Bridge;

/// <summary>
/// The plugin bridge: a veth pair between the container and a bridge of the node, with addresses from an IPAM plugin. ADD checks
/// everything, leases addresses, and only then changes the kernel; whatever fails takes back what was done.
/// </summary>
public sealed class BridgePlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "bridge";

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    private static readonly TimeSpan PortTimeout = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return KernelErrors.Translate(() =>
        {
            var config = BridgeConfig.Parse(call);
            using var target = NetNamespace.Open(call.NetNs!);
            using var host = RouteSocket.Open();
            Require(BridgeDevice.Look(host, config.Bridge), config);
            using var undo = new UndoJournal();
            var addressing = Lease(call, config, undo);
            var result = Attach(call, config, host, target, addressing, undo);
            undo.Commit();
            return result;
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            KernelErrors.Translate(() => MacSpoofTable.RemoveOf(call));
        }
        finally
        {
            VethAttachment.Del(call);
        }
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = BridgeConfig.Parse(call);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        if (call.Config.IpamType.Length > 0)
        {
            call.Delegates.Invoke(CniCommand.Check, call.Config.IpamType, call);
        }

        KernelErrors.Translate(() => BridgeCheck.Compare(call, config, previous));
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            KernelErrors.Translate(() => MacSpoofTable.Collect(call));
        }
        finally
        {
            VethAttachment.Gc(call);
        }
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            var config = BridgeConfig.Parse(call);
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                Require(BridgeDevice.Look(host, config.Bridge), config);
                if (config.IpMasq)
                {
                    Masquerading.Probe(config.IpMasqIptables);
                }
            });
        }
        catch (CniException e) when (e.Code is CniErrorCode.Conflict or CniErrorCode.KernelRefused)
        {
            // Where the bridge's name is something else now, containers that hung on it are cut off.
            throw new CniException(HasContainers(call.Config.Name) ? CniErrorCode.LimitedConnectivity : CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }

        if (call.Config.IpamType.Length > 0)
        {
            call.Delegates.Invoke(CniCommand.Status, call.Config.IpamType, call);
        }
    }

    private static bool HasContainers(string network) => KernelErrors.Translate(() =>
    {
        using var host = RouteSocket.Open();
        return host.ListLinks().Exists(l => HostVeth.BelongsTo(network, l));
    });

    private static CniResult Lease(PluginCall call, BridgeConfig config, UndoJournal undo)
    {
        if (call.Config.IpamType.Length == 0)
        {
            return CniResult.Empty;
        }

        var leased = VethAttachment.Lease(call, undo);
        var ips = leased.Ips.Select(ip => ip with
        {
            Interface = 2,
            Gateway = config.IsGateway && ip.Gateway.IsNone ? ip.Address.First.Add(1) : ip.Gateway,
        }).ToList();
        var routes = leased.Routes.ToList();
        if (config.IsDefaultGateway)
        {
            routes.AddRange(DefaultRoutes(ips, routes));
        }

        return leased with { Ips = ips, Routes = routes, Dns = call.Config.Dns.IsEmpty ? leased.Dns : call.Config.Dns };
    }

    /// <summary>A default route for each family that has a gateway, unless IPAM gave one already.</summary>
    private static IEnumerable<CniRoute> DefaultRoutes(List<CniIp> ips, List<CniRoute> present)
    {
        foreach (var family in Families)
        {
            var gateway = ips.Find(ip => ip.Address.Family == family && !ip.Gateway.IsNone)?.Gateway;
            if (gateway is { } via && !present.Exists(r => r.Dst.Family == family && r.Dst.Length == 0))
            {
                yield return new CniRoute { Dst = IpPrefix.Default(family), Gw = via };
            }
        }
    }

    private static CniResult Attach(PluginCall call, BridgeConfig config, RouteSocket host, NetNamespace target, CniResult addressing, UndoJournal undo)
    {
        var bridge = BridgeDevice.Ensure(host, config);
        if (config.IsGateway)
        {
            BridgeDevice.EnsureGateways(host, BridgeVlans.EnsureGateway(host, bridge, config), addressing.Ips, config.ForceAddress);
        }

        var veth = new HostVeth(call.Config.Name, call.Attachment);
        AddPair(call, config, host, target, bridge, veth, undo);
        host.SetLink(veth.Name, new LinkChange { Alias = veth.Alias, Port = config.Port });
        if (config.Vlans.IsUsed)
        {
            BridgeVlans.Join(host, host.GetLink(veth.Name)!.Index, config.Vlans);
        }

        if (config.MacSpoofCheck)
        {
            GuardMac(call, veth, target, undo);
        }

        var inside = addressing.Ips.Count > 0
            ? ContainerInterface.Configure(target, call.IfName, addressing, config.DuplicateAddressDetection)
            : ContainerInterface.SwitchOn(target, call.IfName, !config.DisableContainerInterface);
        if (config.IpMasq)
        {
            Masquerading.Add(call, config.IpMasqIptables, addressing.Ips.Select(ip => ip.Address), undo);
        }

        var outside = config.DisableContainerInterface ? host.GetLink(veth.Name)! : AwaitPort(host, veth.Name);
        return addressing with
        {
            Interfaces =
            [
                new() { Name = bridge.Name, Mac = Mac(bridge), Mtu = bridge.Mtu },
                new() { Name = outside.Name, Mac = Mac(outside), Mtu = outside.Mtu },
                new() { Name = inside.Name, Mac = Mac(inside), Mtu = inside.Mtu, Sandbox = call.NetNs! },
            ],
        };
    }

    /// <summary>Refuses what this kernel cannot do, before anything changes.</summary>
    private static void Require(Link? bridge, BridgeConfig config)
    {
        BridgeVlans.Require(bridge, config);
        MacSpoofTable.Require(config);
    }

    /// <summary>While the container's end is down still: no frame passes unguarded.</summary>
    private static void GuardMac(PluginCall call, HostVeth veth, NetNamespace target, UndoJournal undo)
    {
        using var inside = RouteSocket.Open(target);
        var mac = inside.GetLink(call.IfName)?.Mac ?? throw new CniException(CniErrorCode.TryAgainLater, $"{call.IfName} was removed while it was being set up");
        var owner = MacSpoofTable.Owner(call.Config.Name, call.Attachment);
        var guard = undo.Hold(MacSpoofTable.TryOpen() ?? throw KernelFeature.Missing("macspoofchk", "CONFIG_NF_TABLES"));
        undo.Push(() => guard.Remove(tag => tag == owner));
        guard.Add(veth.Name, mac, owner);
    }

    /// <summary>One message makes both ends, this one up and a port of the bridge, the other in its namespace.</summary>
    private static void AddPair(PluginCall call, BridgeConfig config, RouteSocket host, NetNamespace target, Link bridge, HostVeth veth, UndoJournal undo) =>
        VethAttachment.AddPair(call, host, veth, undo, new VethSpec(veth.Name, call.IfName)
        {
            Up = true,
            MasterIndex = bridge.Index,
            Mtu = config.Mtu,
            PeerNamespace = target,
            PeerMac = config.Mac,
        });

    /// <summary>The kernel hears of the carrier a moment after the container's end is up; until then the bridge does not forward.</summary>
    private static Link AwaitPort(RouteSocket host, string name)
    {
        var deadline = Environment.TickCount64 + (long)PortTimeout.TotalMilliseconds;
        for (var pause = 100; ; pause = Math.Min(pause * 2, 5000))
        {
            var link = host.GetLink(name) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{name} was removed while it was being set up");
            if (link.State == OperState.Up)
            {
                return link;
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new CniException(CniErrorCode.TryAgainLater, $"the bridge does not forward to {name}", $"its operational state is {(int)link.State} (RFC 2863)");
            }

            ShortPause.Sleep(TimeSpan.FromMicroseconds(pause));
        }
    }

    private static string Mac(Link link) => (link.Mac ?? default(MacAddress)).ToString();
}
