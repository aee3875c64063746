using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Portmap;

/// <summary>
/// The plugin portmap: ports of the node that lead to a container's, for a list of plugins in which one before it made the container's
/// interface. It passes that one's result on.
/// </summary>
public sealed class PortmapPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "portmap";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = PortmapConfig.Parse(call.Config);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "portmap has to come after another plugin in the list: there is no \"prevResult\"");
        var containers = ContainerAddresses(call, previous);
        if (config.Mappings.Count == 0 || containers.Count == 0)
        {
            return previous;
        }

        KernelErrors.Translate(() =>
        {
            using var undo = new UndoJournal();
            var backend = Backend(config, undo);
            if (config.Snat)
            {
                LetLoopbackOut(containers);
            }

            undo.Push(() => backend.Remove(call.Config.Name, call.Attachment));
            backend.Add(config, call.Config.Name, call.Attachment, containers);
            foreach (var container in containers)
            {
                StaleFlows.ForgetOthers(config.Mappings, container.Address);
            }

            undo.Commit();
        });
        return previous;
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);

        // Whatever the configuration says by now: what the other back end, or the reference, has made for this attachment goes too.
        KernelErrors.Translate(() => Remove(backend => backend.Remove(call.Config.Name, call.Attachment)));
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = PortmapConfig.Parse(call.Config);
        var previous = call.Config.PrevResult ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, "CHECK needs \"prevResult\"");
        var containers = ContainerAddresses(call, previous);
        KernelErrors.Translate(() =>
        {
            using var undo = new UndoJournal();
            if (containers.Count > 0 && Backend(config, undo).Difference(config, call.Config.Name, call.Attachment, containers) is { } difference)
            {
                throw new CniException(CniErrorCode.CheckFailed, difference);
            }
        });
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var valid = call.ValidAttachments;
        KernelErrors.Translate(() => Remove(backend => backend.Collect(call.Config.Name, valid)));
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = PortmapConfig.Parse(call.Config);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var undo = new UndoJournal();
                Backend(config, undo).Probe();
            });
        }
        catch (CniException e) when (e.Code is CniErrorCode.UnsupportedField or CniErrorCode.KernelRefused or CniErrorCode.IoFailure)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    /// <summary>From both back ends.</summary>
    private static void Remove(Func<IPortmapBackend, IReadOnlyList<PortmapFlow>> remove)
    {
        using var nftables = NftablesPortmap.TryOpen();
        using var iptables = new IptablesPortmap(nftables?.Nft);
        var gone = nftables is null ? [] : remove(nftables);
        try
        {
            remove(iptables);
        }
        finally
        {
            if (gone.Count > 0)
            {
                nftables?.Nft.Socket.KeepOpenBriefly();
            }
        }
    }

    private static IPortmapBackend Backend(PortmapConfig config, UndoJournal undo)
    {
        if (config.UsesIptables)
        {
            return new IptablesPortmap(null);
        }

        return undo.Hold(NftablesPortmap.TryOpen()
            ?? throw new CniException(CniErrorCode.UnsupportedField, "this kernel has no nftables; set \"backend\": \"iptables\""));
    }

    /// <summary>The container's first address of each family, as the reference takes them.</summary>
    private static List<IpPrefix> ContainerAddresses(PluginCall call, CniResult previous)
    {
        var own = previous.Ips.Where(ip => ip.Interface is not { } index
            || (uint)index >= previous.Interfaces.Count
            || (previous.Interfaces[index].Name == call.IfName && previous.Interfaces[index].Sandbox.Length > 0));
        return [.. own.Select(ip => ip.Address).DistinctBy(a => a.Family)];
    }

    /// <summary>
    /// Lets packets from 127.0.0.0/8 out on the links that lead to the containers (route_localnet, Documentation/networking/ip-sysctl.rst):
    /// until they leave, and get another source, they are forwarded as they are.
    /// </summary>
    private static void LetLoopbackOut(List<IpPrefix> containers)
    {
        foreach (var container in containers.Where(c => c.Address.IsV4))
        {
            using var route = RouteSocket.Open();
            if (LinkTowards(route, container.Address) is { } link && link != "lo")
            {
                Sysctl.TryEnsure($"net/ipv4/conf/{link}/route_localnet", "1");
            }
        }
    }

    private static string? LinkTowards(RouteSocket route, IpAddress address)
    {
        try
        {
            return route.GetRoute(address) is { InterfaceIndex: > 0 and var index } ? route.GetLink(index)?.Name : null;
        }
        catch (Netlink.NetlinkException e) when (e.Errno is Errno.ENETUNREACH or Errno.EHOSTUNREACH)
        {
            return null;
        }
    }
}
