using Podwire.Netlink;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Explain;

/// <summary>
/// The network namespaces of this machine, and who has which address: those of running processes and those that have a name in /run/netns. So pods are found
/// whatever runtime made them.
/// </summary>
internal sealed class MachineNamespaces : IDisposable
{
    private const string Named = "/run/netns";
    private readonly Dictionary<NamespaceId, NetNamespace> all = [];
    private readonly Dictionary<IpAddress, List<NetNamespace>> holders = [];

    private MachineNamespaces()
    {
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<NetNamespace> All => all.Values;

    /// <summary>Looks at the machine as it is now. Needs CAP_SYS_ADMIN; what cannot be entered is left out.</summary>
    public static MachineNamespaces Look()
    {
        var paths = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (char.IsAsciiDigit(Path.GetFileName(process)[0]))
            {
                paths.Add(Path.Combine(process, "ns/net"));
            }
        }

        if (Directory.Exists(Named))
        {
            paths.AddRange(Directory.EnumerateFiles(Named));
        }

        return Of(paths);
    }

    /// <summary>Those at these paths.</summary>
    public static MachineNamespaces Of(IEnumerable<string> paths)
    {
        var machine = new MachineNamespaces();
        foreach (var path in paths)
        {
            machine.Take(path);
        }

        return machine;
    }

    /// <summary>The only namespace that has an address; null if none has, or several have.</summary>
    public NetNamespace? At(IpAddress address) => holders.TryGetValue(address, out var found) && found.Count == 1 ? found[0] : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var ns in all.Values)
        {
            ns.Dispose();
        }
    }

    private void Take(string path)
    {
        try
        {
            if (NetNamespace.TryOpen(path) is not { } ns)
            {
                return;
            }

            if (!all.TryAdd(ns.Id, ns))
            {
                ns.Dispose();
                return;
            }

            foreach (var entry in ns.Run(static () =>
            {
                using var route = RouteSocket.Open();
                return route.ListAddresses();
            }))
            {
                var address = entry.Prefix.Address;
                if (!address.IsLoopback && !address.IsLinkLocal)
                {
                    if (!holders.TryGetValue(address, out var here))
                    {
                        holders[address] = here = [];
                    }

                    here.Add(ns);
                }
            }
        }
        catch (Exception e) when (e is SyscallException or NetlinkException)
        {
            // It ended meanwhile, or is not to be entered.
        }
    }
}
