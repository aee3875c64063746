using Microsoft.Extensions.Logging.Abstractions;
using Podwire.Iptables;
using Podwire.NetPolicy.Apply.Iptables;
using Podwire.NetPolicy.Tests.Domains;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>The back end iptables over iptables-legacy, whose changes the kernel announces to nobody.</summary>
public sealed class LegacyIptablesTests(LegacyCluster cluster) : IClassFixture<LegacyCluster>
{
    private const string Spec = """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"ipBlock":{"cidr":"10.89.0.0/24","except":["10.89.0.12/32"]}},{"ipBlock":{"cidr":"fd89::/64"}}],"ports":[{"port":80,"endPort":85},{"port":"http"},{"port":80,"protocol":"UDP"}]}],"egress":[{"to":[{"namespaceSelector":{}}]}]}""";

    [Fact]
    public async Task Policies_ChangedRestartedAndDamaged_AreEnforcedByLegacyRules()
    {
        cluster.SetPolicy("x", "p", Spec);
        cluster.SetClusterPolicy("c", """{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"pods":{"podSelector":{"matchLabels":{"tier":"back"}}}}],"protocols":[{"tcp":{"destinationPort":{"number":443}}}]}]}""");
        await cluster.AgreesAsync("policies");
        cluster.SetPod("x", "a2", "app=web", "http/TCP/443");
        await cluster.AgreesAsync("a pod is another", IpFamily.V4);
        Assert.Contains("-j KUBE-POD-FW-p", cluster.Run("n1", "iptables-legacy-save; ip6tables-legacy-save"));
        Assert.DoesNotContain("KUBE-", cluster.Run("n1", "iptables-nft-save 2>/dev/null; ip6tables-nft-save 2>/dev/null"));

        await cluster.StopAsync();
        await cluster.StartAsync("n1");
        await cluster.StartAsync("n2");
        Assert.Equal(string.Empty, Difference());

        // Neither is announced; both are counted.
        foreach (var damage in (string[])["iptables-legacy -F KUBE-NWPLCY", "ip6tables-legacy -P FORWARD ACCEPT; ip6tables-legacy -D FORWARD 1", "ipset flush $(ipset list -n | grep '^KUBE-NWPLCY4-p' | while read set; do ipset list $set | grep -q '^10' && echo $set && break; done)"])
        {
            var before = Fingerprint();
            cluster.Run("n1", damage);
            Assert.NotEqual(before, Fingerprint());
            Assert.NotEqual(string.Empty, Difference());
            await TestCluster.EventuallyAsync(() => Task.FromResult(Difference().Length == 0), damage);
        }

        // The answer of the resolver is held by the legacy table mangle as well.
        using var dns = new DnsServer(cluster["ext"], 53);
        dns.Set("one.wild.test", 300, $"{cluster.Hosts["b2"].V4}");
        cluster.DeletePolicies();
        cluster.SetClusterPolicy("w", """{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Accept","to":[{"domainNames":["*.wild.test"]},{"networks":["10.89.0.99/32"]}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0","::/0"]}]}]}""");
        await TestCluster.EventuallyAsync(async () => !await cluster.ConnectsAsync("a1", cluster.Hosts["b2"].V4, 80, 300), "denied");
        await TestCluster.EventuallyAsync(() => Task.FromResult(cluster.Run("n1", "iptables-legacy-save -t mangle").Contains("-j KUBE-NWPLCY-DNS", StringComparison.Ordinal)), "answers are looked at");
        var resolver = new NetPolicy.Domains.DnsResolver([new(cluster.Hosts["ext"].V4.ToIPAddress(), 53)], (family, type, protocol) => cluster["a1"].Run(() => new System.Net.Sockets.Socket(family, type, protocol)));
        Assert.Single((await resolver.ResolveAsync("one.wild.test", NetPolicy.Domains.DnsType.A, TestContext.Current.CancellationToken)).Addresses);
        Assert.True(await cluster.ConnectsAsync("a1", cluster.Hosts["b2"].V4, 80, 900));

        await cluster.StopAsync();
        using (var kernel = cluster["n1"].Run(PolicyKernel.Open))
        {
            using var tables = new IptablesTables(kernel, false, NullLogger.Instance, IptablesVariant.Legacy);
            Assert.True(tables.IsPresent());
            tables.Remove();
        }

        Assert.DoesNotContain("KUBE-", cluster.Run("n1", "iptables-legacy-save; ip6tables-legacy-save; ipset list -n"));
    }

    private int? Fingerprint()
    {
        using var kernel = cluster["n1"].Run(PolicyKernel.Open);
        using var tables = new IptablesTables(kernel, false, NullLogger.Instance, IptablesVariant.Legacy);
        return tables.Fingerprint();
    }

    private string Difference()
    {
        using var kernel = cluster["n1"].Run(PolicyKernel.Open);
        using var tables = new IptablesTables(kernel, false, NullLogger.Instance, IptablesVariant.Legacy);
        return tables.Plan(cluster.Enforcer("n1").Model!);
    }
}
