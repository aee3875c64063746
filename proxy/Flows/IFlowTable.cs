using Podwire.Primitives;

namespace Podwire.Proxy.Flows;

/// <summary>The connection tracking of a network namespace.</summary>
internal interface IFlowTable
{
    /// <summary>Removes the tracked connections of one protocol for which <paramref name="isStale"/> holds and returns how many there were.</summary>
    int RemoveWhere(IpFamily family, IpProtocol protocol, Func<Flow, bool> isStale);

    /// <summary>The node's own addresses.</summary>
    IReadOnlySet<IpAddress> LocalAddresses();
}
