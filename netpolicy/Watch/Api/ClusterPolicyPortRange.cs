namespace Podwire.NetPolicy.Watch.Api;

/// <summary>Ports from start to end, both included.</summary>
internal sealed class ClusterPolicyPortRange
{
    /// <summary>The first.</summary>
    public int Start { get; set; }

    /// <summary>The last.</summary>
    public int End { get; set; }
}
