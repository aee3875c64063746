using Podwire.NetPolicy.Compile;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>Reachability with the back end nftables.</summary>
public sealed class NftReachabilityTests(TestCluster cluster) : ReachabilityTests(cluster), IClassFixture<TestCluster>
{
    private readonly TestCluster cluster = cluster;

    [Fact]
    public async Task Tables_AreListedByNft_WithThePoliciesNames()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"]}""");
        await cluster.AgreesAsync("a policy", Primitives.IpFamily.V4);

        var listed = cluster.Run("n1", "nft list ruleset");
        Assert.Contains("ct original ip saddr vmap @egress-pods", listed);
        Assert.Contains("x/p", listed);
    }

    internal override bool IsHeld
    {
        get
        {
            using var kernel = cluster["n1"].Run(PolicyKernel.Open);
            return kernel.HasQueue();
        }
    }

    internal override bool IsObserving(string node) => cluster.Run(node, "nft list table ip podwire-netpolicy").Contains("ct original ip daddr 10.89.0.99 ct original ip saddr @dns-clients log group 20567", StringComparison.Ordinal);

    internal override int PeerSetCount(string node) => cluster.ReadTable(node, TableSchema.V4.Id)!.Sets.Count - TableSchema.V4.Sets.Count();

    internal override string Difference(string node) =>
        string.Concat(TableSchema.All.Select(schema => NftText.Write(RulesetDiff.Between(cluster.ReadTable(node, schema.Id), cluster.Enforcer(node).Model!.ToTable(schema)))));
}
