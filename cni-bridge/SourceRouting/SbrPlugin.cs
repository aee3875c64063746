using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.SourceRouting;

/// <summary>
/// The chained plugin sbr (source based routing): what a container sends from an interface's address leaves by that interface, whatever
/// the main table says. For containers with several interfaces.
/// </summary>
public sealed class SbrPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "sbr";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = SourceRoutingConfig.Parse(call.Config);
        var previous = ContainerCheck.Chained(call);
        var ips = Ips(call, previous);
        return KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            using var guard = NamespaceLock.Take(call.NetNs!);
            var link = socket.GetLink(call.IfName) ?? throw new CniException(CniErrorCode.InvalidNetworkConfig, $"the container has no interface {call.IfName}");
            using var undo = new UndoJournal();

            // What an ADD that was killed has left: its rules would lead to tables of their own beside the new ones.
            SourceRoutes.TakeBack(socket, link, ips.Select(ip => ip.Address));
            SourceRoutes.Apply(socket, link, ips, config, undo);
            undo.Commit();
            return previous;
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        KernelErrors.Translate(() =>
        {
            using var target = call.NetNs is null ? null : NetNamespace.TryOpen(call.NetNs);
            if (target is null)
            {
                return;
            }

            using var socket = RouteSocket.Open(target);
            using var guard = NamespaceLock.Take(call.NetNs!);
            var addresses = socket.GetLink(call.IfName) is { } link ? socket.ListAddresses(link.Index).Select(a => a.Prefix).ToList() : [];
            if (call.Config.PrevResult is { Ips.Count: > 0 } previous)
            {
                addresses.AddRange(Ips(call, previous).Select(ip => ip.Address));
            }

            foreach (var rule in SourceRoutes.Rules(socket, addresses))
            {
                socket.DeleteRule(rule);
            }
        });
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = SourceRoutingConfig.Parse(call.Config);
        var ips = Ips(call, ContainerCheck.Chained(call));
        KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            var link = socket.GetLink(call.IfName) ?? throw ContainerCheck.Differs($"{call.IfName} is gone");
            SourceRoutes.Check(socket, link, ips, config);
        });
    }

    /// <summary>Rules and tables are the container's and go with it.</summary>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        _ = call.ValidAttachments;
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        SourceRoutingConfig.Parse(call.Config);
    }

    /// <summary>The addresses of CNI_IFNAME: those that name it, and those that name none.</summary>
    private static List<CniIp> Ips(PluginCall call, CniResult previous)
    {
        if (previous.Ips.Count == 0)
        {
            throw new CniException(CniErrorCode.InvalidNetworkConfig, $"\"prevResult\" has no address of {call.IfName}");
        }

        return [.. previous.Ips.Where(ip => ip.Interface is not { } i || previous.Interfaces[i].Name == call.IfName)];
    }
}
