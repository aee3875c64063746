namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>The same cluster with the back end iptables on both nodes.</summary>
public sealed class IptablesCluster : TestCluster
{
    internal override string Backend => "iptables";
}
