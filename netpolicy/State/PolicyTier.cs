namespace Podwire.NetPolicy.State;

/// <summary>The tiers in the order in which they judge; what none of them decides is accepted.</summary>
internal enum PolicyTier : byte
{
    /// <summary>ClusterNetworkPolicies of tier Admin: nobody overrides them.</summary>
    Admin,

    /// <summary>NetworkPolicies: they always decide for the pods that they select.</summary>
    Namespaced,

    /// <summary>ClusterNetworkPolicies of tier Baseline: for pods that no NetworkPolicy selects.</summary>
    Baseline,
}
