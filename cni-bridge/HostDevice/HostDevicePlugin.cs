using Podwire.Cni;
using Podwire.CniBridge.Bridge;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.CniBridge.HostDevice;

/// <summary>
/// The plugin host-device: moves an interface of the node into the container and back. Its alias keeps the name that it had, as the
/// reference does it, so that either can bring back what the other moved.
/// </summary>
public sealed class HostDevicePlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "host-device";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = HostDeviceConfig.Parse(call.Config);
        return KernelErrors.Translate(() =>
        {
            if (DeviceFinder.IsUserSpace(config))
            {
                return AddressesOnly(call);
            }

            using var target = NetNamespace.Open(call.NetNs!);
            using var inside = RouteSocket.Open(target);
            using var host = RouteSocket.Open();
            Restore(config, host);
            var device = DeviceFinder.Find(config, host);
            if (device is null && IsInside(config, inside.GetLink(call.IfName)))
            {
                // Half done by an ADD that was killed: back, and begin anew.
                MoveOut(call.IfName, target);
                device = DeviceFinder.Find(config, host);
            }

            if (device is null)
            {
                throw new CniException(CniErrorCode.InvalidNetworkConfig, $"the node has no {config}", "it does not exist, or another container has it");
            }

            if (inside.GetLink(call.IfName) is not null)
            {
                throw new CniException(CniErrorCode.Conflict, $"the container has an interface {call.IfName} already", call.NetNs!);
            }

            using var undo = new UndoJournal();
            var addressing = Addressing.Lease(call, 0, undo);
            MoveIn(device, call.IfName, host, inside, target, undo);
            var link = addressing.Ips.Count > 0
                ? ContainerInterface.Configure(target, call.IfName, addressing, detectDuplicates: false)
                : ContainerInterface.SwitchOn(target, call.IfName, up: true);
            undo.Commit();
            return addressing with { Interfaces = [new() { Name = link.Name, Mac = (link.Mac ?? default(MacAddress)).ToString(), Mtu = link.Mtu, Sandbox = call.NetNs!, PciId = config.BusId }] };
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = HostDeviceConfig.Parse(call.Config);
        try
        {
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                using var target = call.NetNs is null ? null : NetNamespace.TryOpen(call.NetNs);
                if (target is not null)
                {
                    MoveOut(call.IfName, target);
                }

                Restore(config, host);
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
        var config = HostDeviceConfig.Parse(call.Config);
        var previous = ContainerCheck.Previous(call);
        Addressing.Invoke(CniCommand.Check, call);
        KernelErrors.Translate(() =>
        {
            if (DeviceFinder.IsUserSpace(config))
            {
                return;
            }

            using var target = NetNamespace.Open(call.NetNs!);
            using var inside = RouteSocket.Open(target);
            var link = ContainerCheck.Compare(call, previous, inside);
            ContainerCheck.Require(!string.IsNullOrEmpty(link.Alias), $"{link.Name} does not tell the name it had on the node");
            ContainerCheck.Require(config.Device.Length == 0 || link.Alias == config.Device, $"{link.Name} was {link.Alias} on the node, not {config.Device}");
        });
    }

    /// <summary>A device that came back by itself when its container's namespace ended gets its name back.</summary>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = HostDeviceConfig.Parse(call.Config);
        _ = call.ValidAttachments;
        try
        {
            KernelErrors.Translate(() =>
            {
                using var host = RouteSocket.Open();
                Restore(config, host);
            });
        }
        finally
        {
            Addressing.Invoke(CniCommand.Gc, call);
        }
    }

    /// <summary>Fails with code 50 if the device is not on the node now, or IPAM cannot serve.</summary>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = HostDeviceConfig.Parse(call.Config);
        KernelErrors.Translate(() =>
        {
            using var host = RouteSocket.Open();
            if (!DeviceFinder.IsUserSpace(config) && DeviceFinder.Find(config, host) is null && Stranded(config, host) is null)
            {
                throw new CniException(CniErrorCode.PluginNotAvailable, $"the node has no {config}", "it does not exist, or a container has it");
            }
        });
        Addressing.Invoke(CniCommand.Status, call);
    }

    /// <summary>For a device without an interface: the program in the container drives it, and takes the addresses from the result.</summary>
    private static CniResult AddressesOnly(PluginCall call)
    {
        using var undo = new UndoJournal();
        var told = Addressing.Lease(call, 0, undo);
        undo.Commit();
        return told with { Ips = [.. told.Ips.Select(ip => ip with { Interface = null })] };
    }

    /// <summary>True for the device, moved in by an ADD that was killed before it answered.</summary>
    private static bool IsInside(HostDeviceConfig config, Link? link) =>
        link is { Alias.Length: > 0 } && (config.Device.Length > 0 ? link.Alias == config.Device : config.Mac is { } mac && link.Mac == mac);

    private static void MoveIn(Link device, string ifName, RouteSocket host, RouteSocket inside, NetNamespace target, UndoJournal undo)
    {
        var wasUp = device.IsUp;

        // The alias goes first: from then on whoever finds the device knows its name. The move and the new name are one message.
        host.SetLink(device.Index, new LinkChange { Alias = device.Name });
        undo.Push(() =>
        {
            using var back = NetNamespace.OpenSelf();
            if (inside.GetLink(ifName) is { } moved && moved.Alias == device.Name)
            {
                inside.SetLink(moved.Index, new LinkChange { Name = device.Name, Namespace = back });
            }
            else if (inside.GetLink(device.Name) is { } unnamed && unnamed.Alias == device.Name)
            {
                inside.SetLink(unnamed.Index, new LinkChange { Namespace = back });
            }

            host.SetLink(device.Name, new LinkChange { Alias = device.Alias ?? string.Empty, Up = wasUp });
        });
        host.SetLink(device.Index, new LinkChange { Name = ifName, Namespace = target });
    }

    private static void MoveOut(string ifName, NetNamespace target)
    {
        using var inside = RouteSocket.Open(target);

        // Without an alias it is not a device that was moved in.
        if (inside.GetLink(ifName) is not { Alias: { Length: > 0 } name } link || !CniNames.IsInterfaceName(name))
        {
            return;
        }

        using var own = NetNamespace.OpenSelf();
        using var host = RouteSocket.Open();
        if (host.GetLink(name) is { } other)
        {
            throw new CniException(CniErrorCode.Conflict, $"{ifName} cannot come back to the node: another interface is called {name} there", $"its kind is {other.Kind}");
        }

        inside.SetLink(link.Index, new LinkChange { Up = false });
        inside.SetLink(link.Index, new LinkChange { Name = name, Namespace = own });
    }

    /// <summary>
    /// A device comes back when its container's namespace ends without a DEL: the kernel moves hardware to the first namespace, with the
    /// name from the container or one of its own making, and the alias tells the one it had. (Virtual devices end with the namespace.) Only a
    /// name that the configuration gives is restored: an administrator may use aliases for something else.
    /// </summary>
    private static void Restore(HostDeviceConfig config, RouteSocket host)
    {
        if (Stranded(config, host) is { } link)
        {
            host.SetLink(link.Index, new LinkChange { Up = false });
            host.SetLink(link.Index, new LinkChange { Name = link.Alias });
        }
    }

    private static Link? Stranded(HostDeviceConfig config, RouteSocket host) =>
        config.Device.Length > 0 && host.GetLink(config.Device) is null ? host.ListLinks().Find(l => l.Alias == config.Device) : null;
}
