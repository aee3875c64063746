namespace Podwire.Cluster.Commands;

/// <summary>What <c>podwire up</c> was asked for.</summary>
internal sealed record UpOptions
{
    public int Nodes { get; init; } = 3;

    public string Network { get; init; } = "flannel-vxlan";

    public string Proxy { get; init; } = "nftables";

    public string NetPolicy { get; init; } = "nftables";

    /// <summary>True if something enforces network policies.</summary>
    public bool HasNetPolicy => NetPolicy != "none";

    public int ApiPort { get; init; } = 6443;

    public bool Sample { get; init; } = true;
}
