using System.Collections.Immutable;
using Podwire.Netlink.Conntrack;
using Podwire.Netlink.Namespaces;
using Podwire.Netlink.Nftables;
using Podwire.Netlink.Route;
using Podwire.NetPolicy.Apply;
using Podwire.Primitives;
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

    /// <summary>True if nf_tables can hand packets to a queue (nft_queue). Tried out, in a transaction that leaves nothing.</summary>
    public bool HasQueue()
    {
        var table = new TableId(TableFamily.Ip, $"podwire-probe-{Environment.ProcessId}");
        var chain = Chain.Regular("probe");
        var batch = new NftBatch().Add(new AddTable(table)).Add(new AddChain(table, chain)).Add(new AddRule(table, chain.Name, Rule.Of(new Queue(0, IsBypassed: true)))).Add(new DeleteTable(table));
        try
        {
            Nft.Apply(batch);
            return true;
        }
        catch (NftException)
        {
            return false;
        }
    }

    /// <summary>
    /// Those of some addresses that some pods have connections to, as far as conntrack knows. An attempt to open one (TCP) that was not answered does not count: whoever
    /// goes on trying would keep the address in force, and conntrack remembers each try for two minutes.
    /// </summary>
    public IReadOnlySet<IpAddress> ServersInUse(HashSet<IpAddress> addresses, ImmutableHashSet<IpAddress> pods)
    {
        var found = new HashSet<IpAddress>();
        using var conntrack = In(ConntrackSocket.Open);
        foreach (var family in (IpFamily[])[IpFamily.V4, IpFamily.V6])
        {
            if (!pods.IsEmpty && addresses.Any(address => address.Family == family))
            {
                conntrack.List(new(family), flow => !flow.IsClosed && IsAnswered(flow) && addresses.Contains(flow.Reply.Source) && pods.Contains(flow.Original.Source) && !found.Add(flow.Reply.Source) && false);
            }
        }

        return found;
    }

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

    private static bool IsAnswered(ConntrackFlow flow) => flow.Original.Protocol != IpProtocol.Tcp || flow.Status.HasFlag(CtStatus.SeenReply);
}
