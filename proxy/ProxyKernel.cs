using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Proxy.Flows;
using Podwire.Ruleset;

namespace Podwire.Proxy;

/// <summary>The kernel of one network namespace, as the proxy uses it. Open it on a thread that is in the namespace.</summary>
internal sealed class ProxyKernel : IDisposable
{
    private readonly NftSocket socket;
    private readonly ConntrackFlows flows;

    private ProxyKernel(NetNamespace ns, NftSocket socket, ConntrackFlows flows) => (Namespace, this.socket, this.flows) = (ns, socket, flows);

    /// <summary>The network namespace: what else has to be opened or started there.</summary>
    public NetNamespace Namespace { get; }

    /// <summary>nftables.</summary>
    public INftables Nft => socket;

    /// <summary>Connection tracking.</summary>
    public IFlowTable Flows => flows;

    /// <summary>The port that our own transactions come from.</summary>
    public uint NftPort => socket.PortId;

    /// <summary>Opens the sockets in the calling thread's network namespace.</summary>
    /// <exception cref="Netlink.SyscallException">The kernel has no nfnetlink, or does not let this process use it.</exception>
    public static ProxyKernel Open() => new(NetNamespace.OpenSelf(), NftSocket.Open(), ConntrackFlows.Open());

    /// <summary>The tables of nftables, whoever made them.</summary>
    public IReadOnlyList<TableId> ListTables() => socket.ListTables();

    /// <summary>True if a table of nftables has the chain. Cheap, whatever else there is.</summary>
    public bool HasChain(TableId table, string chain) => socket.HasChain(table, chain);

    /// <summary>Listens to the announcements of nftables from now on.</summary>
    public NftMonitor OpenMonitor() => NftMonitor.Open(Namespace);

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        flows.Dispose();
        Namespace.Dispose();
    }
}
