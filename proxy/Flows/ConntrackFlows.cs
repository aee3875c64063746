using Podwire.Netlink.Conntrack;
using Podwire.Netlink.Route;
using Podwire.Primitives;

namespace Podwire.Proxy.Flows;

/// <summary>The kernel's connection tracking, in the network namespace of the thread that opened it.</summary>
internal sealed class ConntrackFlows : IFlowTable, IDisposable
{
    private readonly ConntrackSocket conntrack;
    private readonly RouteSocket route;

    private ConntrackFlows(ConntrackSocket conntrack, RouteSocket route) => (this.conntrack, this.route) = (conntrack, route);

    /// <summary>Opens the sockets.</summary>
    public static ConntrackFlows Open() => new(ConntrackSocket.Open(), RouteSocket.Open());

    /// <inheritdoc/>
    public int RemoveWhere(IpFamily family, IpProtocol protocol, Func<Flow, bool> isStale) => conntrack.DeleteWhere(
        new ConntrackFilter(family, protocol),
        flow => isStale(new(
            protocol,
            new(flow.Original.Destination, flow.Original.DestinationPort),
            new(flow.Reply.Source, flow.Reply.SourcePort))));

    /// <inheritdoc/>
    public IReadOnlySet<IpAddress> LocalAddresses() => new HashSet<IpAddress>(route.ListAddresses().Select(static entry => entry.Prefix.Address));

    /// <inheritdoc/>
    public void Dispose()
    {
        conntrack.Dispose();
        route.Dispose();
    }
}
