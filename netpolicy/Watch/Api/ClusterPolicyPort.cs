namespace Podwire.NetPolicy.Watch.Api;

/// <summary>A number or a range.</summary>
internal sealed class ClusterPolicyPort
{
    /// <summary>One port.</summary>
    public int? Number { get; set; }

    /// <summary>Several.</summary>
    public ClusterPolicyPortRange? Range { get; set; }
}
