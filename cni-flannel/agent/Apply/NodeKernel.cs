using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The kernel of this node: its own network namespace, or the one given.</summary>
internal sealed class NodeKernel : IDisposable
{
    /// <summary>Opens the sockets.</summary>
    /// <param name="nftables">The packet filter of the same namespace.</param>
    /// <param name="target">The namespace; null for this process's own.</param>
    public NodeKernel(INftables nftables, NetNamespace? target = null)
    {
        Target = target;
        Nftables = nftables;
        Route = target is null ? RouteSocket.Open() : RouteSocket.Open(target);
        HasNextHops = Route.ListNextHops() is not null && Run(ShowsGateways);
    }

    /// <summary>The namespace; null for this process's own.</summary>
    public NetNamespace? Target { get; }

    /// <summary>Links, addresses, routes, neighbours.</summary>
    public RouteSocket Route { get; }

    /// <summary>True if the kernel has next hops that stand by themselves (Linux 5.3), and tells of their gateways with the routes, as it does unless it was told not to.</summary>
    public bool HasNextHops { get; }

    /// <summary>The packet filter.</summary>
    public INftables Nftables { get; }

    /// <summary>Opens a monitor of the same namespace.</summary>
    public RouteMonitor Monitor(RouteGroups groups) => Target is null ? RouteMonitor.Open(groups) : RouteMonitor.Open(Target, groups);

    /// <summary>Opens a monitor of the same namespace's packet filter.</summary>
    public NftMonitor MonitorRules() => Target is null ? NftMonitor.Open() : NftMonitor.Open(Target);

    /// <summary>Runs something that must happen in the namespace; synchronous.</summary>
    public T Run<T>(Func<T> work) => Target is null ? work() : Target.Run(work);

    /// <summary>Sets a sysctl of the namespace unless it is so; false if the kernel has none of that name.</summary>
    public bool TrySetSysctl(string name, string value) => Target is null ? Sysctl.TryEnsure(name, value) : Target.Run(() => Sysctl.TryEnsure(name, value));

    /// <inheritdoc/>
    public void Dispose() => Route.Dispose();

    private static bool ShowsGateways()
    {
        try
        {
            return Sysctl.Read("net/ipv4/nexthop_compat_mode") == "1";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
