using Podwire.Cni;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;

namespace Podwire.CniBridge.Tuning;

/// <summary>
/// The chained plugin tuning: sysctls of the container's namespace and settings of its interface. DEL puts the interface back as it was,
/// which matters where it outlives the container (host-device).
/// </summary>
public sealed class TuningPlugin : IPlugin
{
    /// <summary>The name of its file.</summary>
    public const string Name = "tuning";

    /// <inheritdoc/>
    public CniResult Add(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = TuningConfig.Parse(call);
        var sysctls = Paths(config, call.IfName);
        SysctlAllowlist.Check(config.Sysctls.Select(s => s.Name));
        var previous = ContainerCheck.Chained(call);
        return KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            using var undo = new UndoJournal();
            var link = config.ChangesLink ? socket.GetLink(call.IfName) ?? throw NoInterface(call) : null;
            target.Run(() => SetSysctls(sysctls, target, undo));
            if (link is null)
            {
                undo.Commit();
                return previous;
            }

            Save(config, call, link, undo);
            undo.Push(() => socket.SetLink(link.Index, SavedSettings.Of(config, call.Config.Name, link).Restore));
            socket.SetLink(link.Index, new LinkChange
            {
                Mac = config.Mac,
                Promiscuous = config.Promiscuous == true ? true : null,
                Mtu = config.Mtu,
                AllMulticast = config.AllMulticast,
                TxQueueLength = config.TxQueueLength,
            });
            var tuned = socket.GetLink(call.IfName) ?? throw NoInterface(call);
            undo.Commit();
            return Tell(previous, config, tuned);
        });
    }

    /// <inheritdoc/>
    public void Del(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var path = SavedSettings.PathOf(TuningConfig.Parse(call).DataDir, call.Attachment);
        KernelErrors.Translate(() =>
        {
            using var target = call.NetNs is null ? null : NetNamespace.TryOpen(call.NetNs);
            if (target is not null && SavedSettings.Read(path) is { } saved)
            {
                using var socket = RouteSocket.Open(target);
                if (socket.GetLink(call.IfName) is { } link)
                {
                    socket.SetLink(link.Index, saved.Restore);
                }
            }

            File.Delete(path);
        });
    }

    /// <inheritdoc/>
    public void Check(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = TuningConfig.Parse(call);
        var sysctls = Paths(config, call.IfName);
        ContainerCheck.Chained(call);
        KernelErrors.Translate(() =>
        {
            using var target = NetNamespace.Open(call.NetNs!);
            using var socket = RouteSocket.Open(target);
            foreach (var (path, value) in sysctls)
            {
                var present = target.ReadSysctl(path);
                ContainerCheck.Require(Words(present).SequenceEqual(Words(value)), $"{path} is {present}, not {value}");
            }

            var link = socket.GetLink(call.IfName) ?? throw ContainerCheck.Differs($"{call.IfName} is gone");
            ContainerCheck.Require(config.Mac is null || config.Mac == link.Mac, $"{link.Name} has the MAC address {link.Mac}, not {config.Mac}");
            ContainerCheck.Require(config.Mtu is null || config.Mtu == link.Mtu, $"{link.Name} has the MTU {link.Mtu}, not {config.Mtu}");
            ContainerCheck.Require(config.Promiscuous is null || config.Promiscuous == link.Promiscuity > 0, $"{link.Name}: promiscuous mode is not {config.Promiscuous}");
            ContainerCheck.Require(
                config.AllMulticast is null || config.AllMulticast == ((link.Flags & LinkFlags.AllMulticast) != 0),
                $"{link.Name}: the reception of all groups is not {config.AllMulticast}");
            ContainerCheck.Require(
                config.TxQueueLength is null || config.TxQueueLength == link.TxQueueLength,
                $"{link.Name} has a transmit queue of {link.TxQueueLength} packets, not {config.TxQueueLength}");
        });
    }

    /// <summary>Removes what was saved for containers that are gone. Files that the reference wrote name no network and stay.</summary>
    public void Gc(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var folder = TuningConfig.Parse(call).DataDir;
        var valid = call.ValidAttachments.Select(a => SavedSettings.PathOf(folder, a)).ToHashSet(StringComparer.Ordinal);
        KernelErrors.Translate(() =>
        {
            foreach (var file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [])
            {
                if (!valid.Contains(file) && SavedSettings.Read(file)?.Network == call.Config.Name)
                {
                    File.Delete(file);
                }
            }
        });
    }

    /// <inheritdoc/>
    public void Status(PluginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var config = TuningConfig.Parse(call);
        Paths(config, "eth0");
        SysctlAllowlist.Check(config.Sysctls.Select(s => s.Name));
    }

    private static List<SysctlSetting> Paths(TuningConfig config, string ifName) =>
        [.. config.Sysctls.Select(s => s with { Name = TuningConfig.PathOf(s.Name, ifName) })];

    private static void SetSysctls(List<SysctlSetting> sysctls, NetNamespace target, UndoJournal undo)
    {
        foreach (var (path, value) in sysctls)
        {
            try
            {
                var old = Sysctl.Read(path);
                Sysctl.Write(path, value);
                undo.Push(() => target.WriteSysctl(path, old));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CniException(
                    CniErrorCode.KernelRefused,
                    File.Exists($"/proc/sys/{path}") ? $"the kernel does not take the value of the sysctl {path}" : $"this kernel has no sysctl {path} in a container",
                    value,
                    e);
            }
        }
    }

    private static void Save(TuningConfig config, PluginCall call, Link link, UndoJournal undo)
    {
        var path = SavedSettings.PathOf(config.DataDir, call.Attachment);
        var earlier = SavedSettings.Read(path);
        SavedSettings.Of(config, call.Config.Name, link).Under(earlier).Write(path);
        if (earlier is null)
        {
            undo.Push(() => File.Delete(path));
        }
    }

    private static CniResult Tell(CniResult previous, TuningConfig config, Link tuned) => previous with
    {
        Interfaces =
        [
            .. previous.Interfaces.Select(i => i.Name != tuned.Name || i.Sandbox.Length == 0 ? i : i with
            {
                Mac = config.Mac is { } mac ? mac.ToString() : i.Mac,
                Mtu = i.Mtu == 0 ? 0 : tuned.Mtu,
            }),
        ],
    };

    private static IEnumerable<string> Words(string text) => text.Split((char[])[' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);

    private static CniException NoInterface(PluginCall call) => new(CniErrorCode.InvalidNetworkConfig, $"the container has no interface {call.IfName}");
}
