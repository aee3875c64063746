using Microsoft.Extensions.Logging.Abstractions;
using Podwire.NetPolicy.Apply.Iptables;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>Reachability with the back end iptables.</summary>
public sealed class IptablesReachabilityTests(IptablesCluster cluster) : ReachabilityTests(cluster), IClassFixture<IptablesCluster>
{
    private readonly IptablesCluster cluster = cluster;

    [Fact]
    public async Task Chains_AreListedByIptables_WithPodsAndPoliciesByName()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{}}]}]}""");
        await cluster.AgreesAsync("a policy", Primitives.IpFamily.V4);

        var listed = cluster.Run("n1", "iptables-save; ip6tables-save");
        Assert.Matches(@"-A KUBE-NWPLCY -s 10\.244\.1\.2/32 -m comment --comment ""x/a1"" -j KUBE-POD-FW-p[A-Z2-7]{15}\n", listed);
        Assert.Matches(@"-A KUBE-NWPLCY-p[A-Z2-7]{15} -m set --match-set KUBE-NWPLCY4-p[A-Z2-7]{15} src -j RETURN\n", listed);
        Assert.Matches(@"-A KUBE-NWPLCY-p[A-Z2-7]{15} -m comment --comment ""x/p"" -j KUBE-NWPLCY-DENY\n", listed);
        Assert.Contains("-s fd44:1::2/128", listed);
        Assert.DoesNotContain("podwire-netpolicy", cluster.Run("n1", "nft list tables"));
    }

    internal override bool IsHeld => true;

    // iptables-save fails if a set goes between its reading of a rule and its asking for the set's name.
    internal override bool IsObserving(string node) => cluster.Run(node, "for i in 1 2 3 4; do iptables-save -t mangle 2>/dev/null && exit; done; iptables-save -t mangle").Contains("-j KUBE-NWPLCY-DNS", StringComparison.Ordinal);

    internal override int PeerSetCount(string node) => cluster.Run(node, "ipset list -n").Split('\n').Count(name => name.StartsWith("KUBE-NWPLCY", StringComparison.Ordinal) && !name.EndsWith("PENDING", StringComparison.Ordinal));

    internal override string Difference(string node)
    {
        using var kernel = cluster[node].Run(PolicyKernel.Open);
        using var tables = new IptablesTables(kernel, false, NullLogger.Instance);
        return tables.Plan(cluster.Enforcer(node).Model!);
    }
}
