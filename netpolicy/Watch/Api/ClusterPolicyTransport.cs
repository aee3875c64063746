namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A transport protocol's ports.</summary>
internal sealed class ClusterPolicyTransport
{
    /// <summary>The port; null for all.</summary>
    public ClusterPolicyPort? DestinationPort { get; set; }
}
