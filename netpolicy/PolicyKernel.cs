using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.NetPolicy.Apply;
using Podwire.Ruleset;

namespace Podwire.NetPolicy;

/// <summary>The kernel of one network namespace, as the enforcer uses it. Open it on a thread that is in the namespace.</summary>
internal sealed class PolicyKernel : IDisposable
{
    private readonly NftSocket socket;
    private readonly RouteSocket route;
    private readonly NetNamespace? ns;

    private PolicyKernel(NftSocket socket, RouteSocket route, NetNamespace? ns) => (this.socket, this.route, this.ns) = (socket, route, ns);

    /// <summary>nftables.</summary>
    public INftables Nft => socket;

    /// <summary>The namespace; null for that of the process.</summary>
    public NetNamespace? Namespace => ns;

    /// <summary>The port that our own transactions come from.</summary>
    public uint NftPort => socket.PortId;

    /// <summary>Opens the sockets in the network namespace of the process, where every thread of it is.</summary>
    /// <exception cref="Netlink.SyscallException">The kernel has no nfnetlink, or does not let this process use it.</exception>
    public static PolicyKernel OpenOwn() => new(NftSocket.Open(), RouteSocket.Open(), null);

    /// <summary>Opens the sockets in the calling thread's network namespace, which may be another than the process's.</summary>
    /// <exception cref="Netlink.SyscallException">The kernel has no nfnetlink, or does not let this process use it.</exception>
    public static PolicyKernel Open() => new(NftSocket.Open(), RouteSocket.Open(), NetNamespace.OpenSelf());

    /// <summary>Lets bridged packets pass the rules; what is wrong all the same, or null.</summary>
    public string? EnsureBridgeFiltering() => In(() => BridgeFiltering.Ensure(() => route.ListLinks().Any(static link => link.Kind == "bridge")));

    /// <summary>Opens the kernel's announcements.</summary>
    public NftMonitor OpenMonitor() => In(NftMonitor.Open);

    /// <summary>Does something on a thread that is in the namespace.</summary>
    public T In<T>(Func<T> work) => ns is null ? work() : ns.Run(work);

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        route.Dispose();
        ns?.Dispose();
    }
}
