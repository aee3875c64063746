using Podwire.NetPolicy.Compile;
using Podwire.Primitives;
using Podwire.Ruleset;

namespace Podwire.NetPolicy.Tests.Kernel;

/// <summary>Real connections between two nodes' pods, the nodes and the world, each compared with what the API says.</summary>
public sealed class ReachabilityTests(TestCluster cluster) : IClassFixture<TestCluster>, IAsyncLifetime
{
    public ValueTask InitializeAsync()
    {
        cluster.DeletePolicies();
        return default;
    }

    public ValueTask DisposeAsync() => default;

    [Theory]
    [InlineData("""{"podSelector":{}}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{}],"egress":[{}]}""")]
    [InlineData("""{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"db"}}}]}]}""")]
    [InlineData("""{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"y"}}}],"ports":[{"port":80}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{"matchExpressions":[{"key":"env","operator":"NotIn","values":["test"]}]},"podSelector":{"matchLabels":{"app":"web"}}}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"podSelector":{}}],"ports":[{"port":"http"}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"namespaceSelector":{}}],"ports":[{"port":"http"}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"],"egress":[{"to":[{"ipBlock":{"cidr":"0.0.0.0/0","except":["10.244.2.0/31"]}},{"ipBlock":{"cidr":"fd00::/8","except":["fd44:2::2/128"]}}],"ports":[{"port":"http"},{"port":443}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"ports":[{"port":80,"endPort":85},{"port":80,"protocol":"UDP"}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"ports":[{"protocol":"UDP"}]}]}""")]
    [InlineData("""{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.244.1.3/32","10.89.0.99/32"]}},{"ipBlock":{"cidr":"10.244.1.3/32"}},{"ipBlock":{"cidr":"fd89::/64"}}]}]}""")]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"ipBlock":{"cidr":"10.89.0.12/32"}}]}],"egress":[{"to":[{"ipBlock":{"cidr":"0.0.0.0/0"}},{"ipBlock":{"cidr":"::/0"}}],"ports":[{"port":443}]}]}""")]
    [InlineData("""{"podSelector":{"matchExpressions":[{"key":"a","operator":"Near"}]},"ingress":[{}]}""")]
    public async Task Policy_OfEveryKind_LetsThroughWhatTheApiSays(string spec)
    {
        cluster.SetPolicy("x", "p", spec);

        await cluster.AgreesAsync(spec);
    }

    [Theory]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"pods":{"podSelector":{"matchLabels":{"app":"db"}}}}]}],"egress":[{"action":"Deny","to":[{"networks":["10.89.0.0/24"]}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":80,"end":85}}}}]}]}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Accept","from":[{"namespaces":{"matchLabels":{"env":"test"}}}],"protocols":[{"tcp":{"destinationPort":{"number":443}}}]},{"action":"Pass","from":[{"namespaces":{}}],"protocols":[{"tcp":{}}]},{"action":"Deny","from":[{"namespaces":{}}]}]}""")]
    [InlineData("""{"tier":"Baseline","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Accept","to":[{"nodes":{"matchLabels":{"role":"n2"}}}]},{"action":"Deny","to":[{"networks":["0.0.0.0/0","::/0"]}]}]}""")]
    public async Task ClusterPolicy_BesideANamespacedOne_LetsThroughWhatTheApiSays(string spec)
    {
        cluster.SetClusterPolicy("c", spec);
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{}}],"ports":[{"port":80}]}],"egress":[{"to":[{"namespaceSelector":{}}]}]}""");

        await cluster.AgreesAsync(spec);
    }

    [Fact]
    public async Task History_OfPodsNamespacesAndPolicies_IsFollowed()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}},{"namespaceSelector":{"matchLabels":{"team":"red"}}}],"ports":[{"port":"http"},{"port":443}]}],"egress":[{"to":[{"namespaceSelector":{"matchLabels":{"team":"red"}}},{"podSelector":{}}]}]}""");
        await cluster.AgreesAsync("a policy");
        cluster.SetNamespace("y", "team=red");
        await cluster.AgreesAsync("a namespace is labelled", IpFamily.V4);
        cluster.SetPod("x", "a2", "app=web", "http/TCP/443");
        await cluster.AgreesAsync("a pod is relabelled and names another port", IpFamily.V4);
        cluster.SetPod("x", "b1", "app=web", phase: "Succeeded");
        cluster.SetPod("y", "b1", "app=heir", name: "heir", created: 5);
        await cluster.AgreesAsync("a finished pod's address is another's");
        cluster.SetPod("x", "a1", "app=web", spec: ""","hostNetwork":true""");
        await cluster.AgreesAsync("a pod in the node's network is matched by nothing", IpFamily.V4);
        cluster.SetPolicy("x", "p", """{"podSelector":{"matchLabels":{"app":"web"}},"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"team":"red"}}}]}]}""");
        await cluster.AgreesAsync("the policy is another", IpFamily.V4);
        cluster.DeletePod("y", "heir");
        cluster.SetPod("x", "b1", "app=web tier=back", "http/TCP/81 dns/UDP/80");
        cluster.SetPod("x", "a1", "app=web tier=front", "http/TCP/80");
        cluster.SetPod("x", "a2", "app=db", "http/TCP/8080");
        cluster.SetNamespace("y");
        await cluster.AgreesAsync("all as before", IpFamily.V4);
        cluster.DeletePolicies();
        await cluster.AgreesAsync("no policy", IpFamily.V4);
        await TestCluster.EventuallyAsync(() => Task.FromResult(cluster.ReadTable("n1", TableSchema.V4.Id)!.Sets.Count == TableSchema.V4.Sets.Count()), "no trace of any policy is left");
    }

    [Fact]
    public async Task Table_InTheKernel_IsWhatTheModelSays_AndNftListsIt()
    {
        cluster.SetPolicy("x", "p", """{"podSelector":{},"policyTypes":["Ingress","Egress"],"ingress":[{"from":[{"podSelector":{}},{"ipBlock":{"cidr":"0.0.0.0/0","except":["10.0.0.0/8"]}},{"ipBlock":{"cidr":"::/0"}}],"ports":[{"port":80,"endPort":90},{"port":"http"}]}],"egress":[{}]}""");
        cluster.SetClusterPolicy("c", """{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"pods":{"podSelector":{"matchLabels":{"app":"db"}}}}]}]}""");
        await cluster.AgreesAsync("policies");

        foreach (var schema in TableSchema.All)
        {
            var batch = RulesetDiff.Between(cluster.ReadTable("n1", schema.Id), cluster.Enforcer("n1").Model!.ToTable(schema));
            Assert.True(batch.IsEmpty, NftText.Write(batch));
        }

        var listed = cluster.Run("n1", "nft list ruleset");
        Assert.Contains("ct original ip saddr vmap @egress-pods", listed);
        Assert.Contains("x/p", listed);
    }
}
