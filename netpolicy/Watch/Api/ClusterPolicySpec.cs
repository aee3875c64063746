namespace Podwire.NetPolicy.Watch.Api;

/// <summary>policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicySpec.</summary>
internal sealed class ClusterPolicySpec
{
    /// <summary>Admin or Baseline.</summary>
    public string? Tier { get; set; }

    /// <summary>0 to 1000, lower first.</summary>
    public int? Priority { get; set; }

    /// <summary>The pods it is about.</summary>
    public ClusterPolicyPeer? Subject { get; set; }

    /// <summary>Rules of what comes in.</summary>
    public List<ClusterPolicyRule> Ingress { get => field ??= []; set; }

    /// <summary>Rules of what goes out.</summary>
    public List<ClusterPolicyRule> Egress { get => field ??= []; set; }
}
