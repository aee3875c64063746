using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Route;
using Podwire.Ruleset;

namespace Podwire.CniFlannel.Agent.Apply;

/// <summary>The kernel of this node: its own network namespace, or the one given.</summary>
internal sealed class NodeKernel : IDisposable
{
    private readonly NetNamespace? target;

    /// <summary>Opens the sockets.</summary>
    /// <param name="nftables">The packet filter of the same namespace.</param>
    /// <param name="target">The namespace; null for this process's own.</param>
    public NodeKernel(INftables nftables, NetNamespace? target = null)
    {
        this.target = target;
        Nftables = nftables;
        Route = target is null ? RouteSocket.Open() : RouteSocket.Open(target);
    }

    /// <summary>Links, addresses, routes, neighbours.</summary>
    public RouteSocket Route { get; }

    /// <summary>The packet filter.</summary>
    public INftables Nftables { get; }

    /// <summary>Opens a monitor of the same namespace.</summary>
    public RouteMonitor Monitor(RouteGroups groups) => target is null ? RouteMonitor.Open(groups) : RouteMonitor.Open(target, groups);

    /// <summary>Sets a sysctl of the namespace unless it is so; false if the kernel has none of that name.</summary>
    public bool TrySetSysctl(string name, string value) => target is null ? Sysctl.TryEnsure(name, value) : target.Run(() => Sysctl.TryEnsure(name, value));

    /// <inheritdoc/>
    public void Dispose() => Route.Dispose();
}
