namespace Podwire.Proxy.State;

/// <summary>
/// What changed since the snapshot before it, by Service, with the node as it is now. The work that follows depends on
/// the number of entries here and on nothing else; a first snapshot, and one after the node changed, names every Service.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Services">The changed Services; null where one is gone (or is no longer the proxy's business).</param>
internal sealed record ProxySnapshot(NodeState Node, IReadOnlyDictionary<ServiceKey, ServiceState?> Services)
{
    /// <summary>The earliest trigger time among the changes, for network_programming_duration_seconds; null if none is known.</summary>
    public DateTimeOffset? TriggeredAt { get; init; }

    /// <summary>How many Services themselves changed.</summary>
    public int ServiceChanges { get; init; }

    /// <summary>Of how many Services endpoints changed.</summary>
    public int EndpointChanges { get; init; }
}
