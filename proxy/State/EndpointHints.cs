namespace Podwire.Proxy.State;

/// <summary>Who should use an endpoint (EndpointHints, discovery.k8s.io/v1). Most endpoints have none, so it is an object of its own.</summary>
/// <param name="Zones">forZones; may be empty.</param>
/// <param name="Nodes">forNodes; may be empty.</param>
internal sealed record EndpointHints(string[] Zones, string[] Nodes)
{
    /// <summary>The hints; null if there is none.</summary>
    public static EndpointHints? Of(string[] zones, string[] nodes) => zones.Length == 0 && nodes.Length == 0 ? null : new(zones, nodes);

    /// <inheritdoc/>
    public bool Equals(EndpointHints? other) => other is not null && Zones.AsSpan().SequenceEqual(other.Zones) && Nodes.AsSpan().SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Zones.Length, Nodes.Length);
}
