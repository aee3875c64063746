using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.Macvlan;

/// <summary>
/// The plugin macvlan: an interface with an Ethernet address of its own on top of one of the node's (or of the container's). It is born in
/// the container's namespace and goes with it, so outside of it only the lease can be left behind.
/// </summary>
public sealed class MacvlanPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "macvlan";

    private const int MaxAlias = 255;

    private static readonly IpFamily[] Families = [IpFamily.V4, IpFamily.V6];

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = MacvlanConfig.Parse(call);
        return KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var inside = RouteSocket.Open(target);
            using var outside = RouteSocket.Open();
            var master = FindMaster(config, config.LinkInContainer ? inside : outside) ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, NoMaster(config));
            if (config.Mtu > master.Mtu)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"mtu\" is above that of {master.Name}, {master.Mtu}: {config.Mtu}");
            }

            using var undo = new UndoJournal();
            var addressing = Addressing.Lease(call, 0, undo);
            var link = Create(call, config, master, config.LinkInContainer ? inside : outside, inside, target, undo);
            link = addressing.Ips.Count > 0
                ? ContainerInterface.Configure(target, call.IfName, addressing, detectDuplicates: false)
                : ContainerInterface.SwitchOn(target, call.IfName, up: true);
            undo.Commit();
            return addressing with { Interfaces = [new() { Name = link.Name, Mac = (link.Mac ?? default(MacAddress)).ToString(), Mtu = link.Mtu, Sandbox = call.NetNs! }] };
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var target = call.NetNs is null ? null : NetNamespace.TryOpen(call.NetNs);
                if (target is null)
                {
                    return;
                }

                using var inside = RouteSocket.Open(target);
                if (inside.GetLink(call.IfName) is { Kind: MacvlanSpec.KindName } link)
                {
                    inside.DeleteLink(link.Index);
                }
            });
        }
        finally
        {
            Addressing.Invoke(CniCommand.Del, call);
        }
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = MacvlanConfig.Parse(call);
        var previous = ContainerCheck.Previous(call);
        Addressing.Invoke(CniCommand.Check, call);
        KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var inside = RouteSocket.Open(target);
            using var outside = RouteSocket.Open();
            var master = FindMaster(config, config.LinkInContainer ? inside : outside) ?? throw ContainerCheck.Differs(NoMaster(config));
            var link = ContainerCheck.Compare(call, previous, inside);
            ContainerCheck.Require(link.Kind == MacvlanSpec.KindName, $"{link.Name} is no macvlan");
            ContainerCheck.Require(link.Macvlan == config.Mode, $"{link.Name} has the mode {link.Macvlan}, not {config.Mode}");
            ContainerCheck.Require(link.ParentIndex == master.Index, $"{link.Name} is not on top of {master.Name}");
        });
    }

    /// <inheritdoc/>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = call.ValidAttachments;
        Addressing.Invoke(CniCommand.Gc, call);
    }

    /// <summary>Fails with code 50 if the kernel has no macvlan, the master is not there, or IPAM cannot serve.</summary>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = MacvlanConfig.Parse(call);
        KernelErrors.Translate(() =>
        {
            if (!KernelFeature.HasMacvlan())
            {
                throw new CniException(CniErrorCode.PluginNotAvailable, "macvlan needs a kernel with CONFIG_MACVLAN, which this one does not have");
            }

            using var host = RouteSocket.Open();
            if (!config.LinkInContainer && FindMaster(config, host) is null)
            {
                throw new CniException(CniErrorCode.PluginNotAvailable, NoMaster(config));
            }
        });
        Addressing.Invoke(CniCommand.Status, call);
    }

    private static Link? FindMaster(MacvlanConfig config, RouteSocket socket)
    {
        if (config.Master.Length > 0)
        {
            return socket.GetLink(config.Master);
        }

        return Families
            .Select(family => socket.ListRoutes(family, RouteEntry.MainTable)
                .Where(r => r.Destination.Length == 0 && r.InterfaceIndex != 0)
                .OrderBy(r => r.Metric)
                .FirstOrDefault())
            .FirstOrDefault(r => r is not null) is { } route
            ? socket.GetLink(route.InterfaceIndex)
            : null;
    }

    private static string NoMaster(MacvlanConfig config) =>
        config.Master.Length > 0 ? $"\"master\" is not there: {config.Master}" : "there is no default route to take the interface of; set \"master\"";

    private static Link Create(PluginCall call, MacvlanConfig config, Link master, RouteSocket creator, RouteSocket inside, NetNamespace target, UndoJournal undo)
    {
        var alias = OwnerTag.Of(call.Config.Name, call.Attachment, MaxAlias);
        var spec = new MacvlanSpec(call.IfName, master.Index)
        {
            Mode = config.Mode,
            Mtu = config.Mtu,
            Mac = config.Mac,
            BroadcastQueueLength = config.BroadcastQueueLength,
            Namespace = target,
        };
        try
        {
            creator.AddLink(spec);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EEXIST)
        {
            // What an ADD that was killed has left on the same master is in the way of trying again; anything else is not ours to remove.
            if (inside.GetLink(call.IfName) is not { Kind: MacvlanSpec.KindName } left
                || left.ParentIndex != master.Index
                || !(string.IsNullOrEmpty(left.Alias) || left.Alias == alias))
            {
                throw new CniException(CniErrorCode.Conflict, $"the container has an interface {call.IfName} already", call.NetNs!, e);
            }

            inside.DeleteLink(left.Index);
            creator.AddLink(spec);
        }
        catch (NetlinkException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw KernelFeature.Missing("type: macvlan", "CONFIG_MACVLAN");
        }
        catch (NetlinkException e) when (e.Errno == Errno.EBUSY)
        {
            throw new CniException(CniErrorCode.Conflict, $"{master.Name} is in use in a way that excludes a macvlan", e.Message, e);
        }

        undo.Push(() => inside.DeleteLink(call.IfName));
        inside.SetLink(call.IfName, new LinkChange { Alias = alias });
        return inside.GetLink(call.IfName) ?? throw new CniException(CniErrorCode.TryAgainLater, $"{call.IfName} was removed while it was being set up");
    }
}
