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
            BridgeDevice.Look(host, config.Bridge);
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

        // The address is given back last, when nothing can use it any more. A step that fails does not keep the others from being tried.
        var config = call.Config;
        MasqueradeTable? masquerade = null;
        try
        {
            KernelErrors.Translate(() => masquerade = RemoveMasquerade(call));
        }
        finally
        {
            try
            {
                KernelErrors.Translate(() => RemoveLink(call, masquerade?.Socket));
            }
            finally
            {
                if (config.IpamType.Length > 0)
                {
                    call.Delegates.Invoke(CniCommand.Del, config.IpamType, call);
                }

                masquerade?.Dispose();
            }
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
        var network = call.Config.Name;
        var valid = call.ValidAttachments.Select(a => new HostVeth(network, a).Name).ToHashSet(StringComparer.Ordinal);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                foreach (var link in host.ListLinks().Where(l => HostVeth.BelongsTo(network, l) && !valid.Contains(l.Name)))
                {
                    host.DeleteLink(link.Index);
                }

                using var masquerade = MasqueradeTable.TryOpen();
                var owners = call.ValidAttachments.Select(a => MasqueradeTable.Owner(network, a)).ToHashSet(StringComparer.Ordinal);
                masquerade?.Remove(tag => OwnerTag.IsOf(network, tag) && !owners.Contains(tag!));
            });
        }
        finally
        {
            if (call.Config.IpamType.Length > 0)
            {
                call.Delegates.Invoke(CniCommand.Gc, call.Config.IpamType, call);
            }
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
                BridgeDevice.Look(host, config.Bridge);
                if (config.IpMasq)
                {
                    using var masquerade = MasqueradeTable.Open();
                }
            });
        }
        catch (CniException e) when (e.Code is CniErrorCode.Conflict or CniErrorCode.KernelRefused)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }

        if (call.Config.IpamType.Length > 0)
        {
            call.Delegates.Invoke(CniCommand.Status, call.Config.IpamType, call);
        }
    }

    private static CniResult Lease(PluginCall call, BridgeConfig config, UndoJournal undo)
    {
        if (call.Config.IpamType.Length == 0)
        {
            return CniResult.Empty;
        }

        var leased = call.Delegates.Add(call.Config.IpamType, call);
        undo.Push(() => call.Delegates.Invoke(CniCommand.Del, call.Config.IpamType, call));
        if (leased.Ips.Count == 0)
        {
            throw new CniException(CniErrorCode.DelegateFailed, $"IPAM plugin {call.Config.IpamType} gave no address");
        }

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
            BridgeDevice.EnsureGateways(host, bridge, addressing.Ips, config.ForceAddress);
        }

        var veth = new HostVeth(call.Config.Name, call.Attachment);
        AddPair(call, config, host, target, bridge, veth, undo);
        host.SetLink(veth.Name, new LinkChange { Alias = veth.Alias, Port = config.Port });
        var inside = addressing.Ips.Count > 0
            ? ContainerInterface.Configure(target, call.IfName, addressing, config.DuplicateAddressDetection)
            : ContainerInterface.SwitchOn(target, call.IfName, !config.DisableContainerInterface);
        if (config.IpMasq)
        {
            var owner = MasqueradeTable.Owner(call.Config.Name, call.Attachment);
            var masquerade = undo.Hold(MasqueradeTable.Open());
            undo.Push(() => masquerade.Remove(tag => tag == owner));
            masquerade.Add(addressing.Ips.Select(ip => ip.Address), owner);
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

    /// <summary>One message makes both ends, this one up and a port of the bridge, the other in its namespace.</summary>
    private static void AddPair(PluginCall call, BridgeConfig config, RouteSocket host, NetNamespace target, Link bridge, HostVeth veth, UndoJournal undo)
    {
        var pair = new VethSpec(veth.Name, call.IfName)
        {
            Up = true,
            MasterIndex = bridge.Index,
            Mtu = config.Mtu,
            PeerNamespace = target,
            PeerMac = config.Mac,
        };
        try
        {
            host.AddLink(pair);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
        {
            // What an ADD that was killed has left is in the way of trying again. Anything else under either name is not ours to remove.
            if (!Remove(host, veth))
            {
                throw new CniException(CniErrorCode.Conflict, $"the container has an interface {call.IfName} already", call.NetNs!, e);
            }

            host.AddLink(pair);
        }

        undo.Push(() => host.DeleteLink(veth.Name));
    }

    /// <summary>Removes an attachment's pair; false if there is none.</summary>
    /// <exception cref="CniException">Code 103: the name is another owner's.</exception>
    private static bool Remove(RouteSocket host, HostVeth veth, NetlinkSocket? kept = null)
    {
        if (host.GetLink(veth.Name) is not { } link)
        {
            return false;
        }

        if (!veth.Owns(link))
        {
            throw new CniException(CniErrorCode.Conflict, $"{veth.Name} belongs to another attachment", link.Alias ?? link.Kind);
        }

        return host.DeleteLinkDetached(link, kept);
    }

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
                throw new CniException(CniErrorCode.TryAgainLater, $"the bridge does not forward to {name}", $"its state is {link.State}");
            }

            Thread.Sleep(TimeSpan.FromMicroseconds(pause));
        }
    }

    private static string Mac(Link link) => (link.Mac ?? default(MacAddress)).ToString();

    /// <summary>
    /// Removes what the owner has in the masquerade table, whatever the configuration says by now and whether or not the namespace and the
    /// previous result are still there. The socket
    /// is returned open: closing it waits for the kernel, and what follows can wait for the same.
    /// </summary>
    private static MasqueradeTable? RemoveMasquerade(PluginCall call)
    {
        var owner = MasqueradeTable.Owner(call.Config.Name, call.Attachment);
        var masquerade = MasqueradeTable.TryOpen();
        masquerade?.Remove(tag => tag == owner);
        return masquerade;
    }

    private static void RemoveLink(PluginCall call, NetlinkSocket? kept)
    {
        using var host = RouteSocket.Open();
        if (!Remove(host, new HostVeth(call.Config.Name, call.Attachment), kept) && call.NetNs is not null)
        {
            ContainerInterface.RemoveForeign(call.NetNs, call.IfName);
        }
    }
}
