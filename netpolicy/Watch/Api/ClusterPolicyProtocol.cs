namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A protocol of a <see cref="ClusterPolicyRule"/>; exactly one member is to be set.</summary>
internal sealed class ClusterPolicyProtocol
{
    /// <summary>TCP.</summary>
    public ClusterPolicyTransport? Tcp { get; set; }

    /// <summary>UDP.</summary>
    public ClusterPolicyTransport? Udp { get; set; }

    /// <summary>SCTP.</summary>
    public ClusterPolicyTransport? Sctp { get; set; }

    /// <summary>A name that pods give a port.</summary>
    public string? DestinationNamedPort { get; set; }
}
