using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tests;

/// <summary>deploy/crds/clusternetworkpolicies.yaml: what a ClusterNetworkPolicy may say is checked where it is written.</summary>
public sealed class ClusterNetworkPolicyTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Policies = "/apis/policy.networking.k8s.io/v1alpha2/clusternetworkpolicies";

    private async Task DefineAsync()
    {
        using var file = typeof(ClusterNetworkPolicyTests).Assembly.GetManifestResourceStream("clusternetworkpolicies.yaml")!;
        var (code, _) = await server.SendAsync("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", await new StreamReader(file).ReadToEndAsync(), "application/yaml");
        Assert.Contains(code, new[] { 201, 409 });
    }

    private static string Policy(string name, string spec) =>
        $$$"""{"apiVersion":"policy.networking.k8s.io/v1alpha2","kind":"ClusterNetworkPolicy","metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""";

    private static string Egress(string rule) => $$$"""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{{{rule}}}]}""";

    [Fact]
    public async Task Policy_WithEveryKindOfPeerAndProtocol_IsTakenAsItIs()
    {
        await DefineAsync();
        var spec = """
            {"tier":"Baseline","priority":1000,"subject":{"pods":{"namespaceSelector":{"matchLabels":{"a":"b"}},"podSelector":{"matchExpressions":[{"key":"x/y","operator":"In","values":["1"]},{"key":"z","operator":"Exists"}]}}},"ingress":[{"name":"one","action":"Pass","from":[{"namespaces":{}},{"pods":{"namespaceSelector":{},"podSelector":{}}}]}],"egress":[{"action":"Accept","to":[{"nodes":{}},{"networks":["10.0.0.0/8","fd00::/8"]},{"domainNames":["example.com","*.example.org"]}],"protocols":[{"tcp":{"destinationPort":{"number":80}}},{"udp":{"destinationPort":{"range":{"start":1,"end":65535}}}},{"sctp":{"destinationPort":{"number":1}}},{"destinationNamedPort":"web"}]}]}
            """;
        var made = await server.CreateAsync(Policies, Policy("good", spec));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(spec), made["spec"]), made["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"tier":"Middle","priority":1,"subject":{"namespaces":{}}}""", "spec.tier")]
    [InlineData("""{"tier":"Admin","priority":1001,"subject":{"namespaces":{}}}""", "spec.priority")]
    [InlineData("""{"tier":"Admin","priority":1}""", "spec.subject: Required value")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{}}""", "spec.subject")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchExpressions":[{"key":"a","operator":"Like"}]}}}""", "operator")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchExpressions":[{"key":"a","operator":"In"}]}}}""", "In and NotIn need values")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{"matchLabels":{"a":"no label"}}}}""", "matchLabels")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Allow","from":[{"namespaces":{}}]}]}""", "spec.ingress[0].action")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[]}]}""", "spec.ingress[0].from")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"services":{}}]}]}""", "services")]
    public async Task Policy_ThatMeansNothing_IsRefusedByItsField(string spec, string names) => await RefusedAsync(spec, names);

    [Theory]
    [InlineData("""{"action":"Deny","to":[{"networks":["10.0.0.0/33"]}]}""", "spec.egress[0].to[0].networks[0]")]
    [InlineData("""{"action":"Deny","to":[{"networks":["10.0.0.1"]}]}""", "spec.egress[0].to[0].networks[0]")]
    [InlineData("""{"action":"Deny","to":[{"domainNames":["example.com"]}]}""", "domainNames may be used with the action Accept only")]
    [InlineData("""{"action":"Accept","to":[{"domainNames":["exa mple.com"]}]}""", "spec.egress[0].to[0].domainNames[0]")]
    [InlineData("""{"action":"Accept","to":[{"domainNames":["*"]}]}""", "spec.egress[0].to[0].domainNames[0]")]
    [InlineData("""{"action":"Accept","to":[{"domainNames":["www.*.com"]}]}""", "spec.egress[0].to[0].domainNames[0]")]
    [InlineData("""{"action":"Accept","to":[{"namespaces":{},"nodes":{}}]}""", "spec.egress[0].to[0]")]
    [InlineData("""{"action":"Accept","to":[{"nodes":{}}],"protocols":[{"tcp":{"destinationPort":{"range":{"start":90,"end":80}}}}]}""", "start must be below end")]
    [InlineData("""{"action":"Accept","to":[{"nodes":{}}],"protocols":[{"tcp":{"destinationPort":{"number":65536}}}]}""", "destinationPort.number")]
    [InlineData("""{"action":"Accept","to":[{"nodes":{}}],"protocols":[{"icmp":{}}]}""", "icmp")]
    public async Task EgressRule_ThatMeansNothing_IsRefusedByItsField(string rule, string names) => await RefusedAsync(Egress(rule), names);

    [Fact]
    public async Task Policy_With26RulesOrPeers_IsRefused()
    {
        const string Rule = """{"action":"Accept","to":[{"nodes":{}}]}""";
        await RefusedAsync(Egress(string.Join(',', Enumerable.Repeat(Rule, 26))), "spec.egress");
        await RefusedAsync(Egress($$"""{"action":"Accept","to":[{{string.Join(',', Enumerable.Repeat("""{"nodes":{}}""", 26))}}]}"""), "spec.egress[0].to");
    }

    private async Task RefusedAsync(string spec, string names)
    {
        await DefineAsync();
        var (code, answer) = await server.SendAsync("POST", Policies + "?fieldValidation=Strict", Policy("bad", spec));
        Assert.Contains(code, new[] { 400, 422 });
        Assert.Contains(names, answer["message"]!.GetValue<string>());
        Assert.Equal(404, (await server.SendAsync("GET", $"{Policies}/bad")).Code);
    }
}
