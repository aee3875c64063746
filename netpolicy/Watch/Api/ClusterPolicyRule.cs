namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A rule of a <see cref="ClusterPolicySpec"/>, of either direction.</summary>
internal sealed class ClusterPolicyRule
{
    /// <summary>For people.</summary>
    public string? Name { get; set; }

    /// <summary>Accept, Deny or Pass.</summary>
    public string? Action { get; set; }

    /// <summary>Peers of what comes in.</summary>
    public List<ClusterPolicyPeer> From { get => field ??= []; set; }

    /// <summary>Peers of what goes out.</summary>
    public List<ClusterPolicyPeer> To { get => field ??= []; set; }

    /// <summary>Protocols and ports; null for all.</summary>
    public List<ClusterPolicyProtocol>? Protocols { get; set; }
}
