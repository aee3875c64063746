using Podwire.ApiServer.Security;

namespace Podwire.ApiServer.Tests;

/// <summary>networking.k8s.io/v1 NetworkPolicies: defaults, and what is refused.</summary>
public sealed class NetworkPolicyTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";

    private static string Policy(string name, string spec) => $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""";

    [Fact]
    public async Task Create_FillsProtocolAndPolicyTypes()
    {
        var made = await server.CreateAsync(Policies, Policy("defaults", """{"podSelector":{},"egress":[{"ports":[{"port":53},{"port":"dns","protocol":"UDP"}]}]}"""));
        Assert.Equal("""["Ingress","Egress"]""", made["spec"]!["policyTypes"]!.ToJsonString());
        Assert.Equal("TCP", made["spec"]!["egress"]![0]!["ports"]![0]!["protocol"]!.GetValue<string>());
        Assert.Equal("UDP", made["spec"]!["egress"]![0]!["ports"]![1]!["protocol"]!.GetValue<string>());
        Assert.Equal(1, made["metadata"]!["generation"]!.GetValue<int>());

        var ingress = await server.CreateAsync(Policies, Policy("deny", "{}"));
        Assert.Equal("""["Ingress"]""", ingress["spec"]!["policyTypes"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"podSelector":{"matchExpressions":[{"key":"a","operator":"Near"}]}}""", "spec.podSelector.matchExpressions[0].operator")]
    [InlineData("""{"ingress":[{"from":[{}]}]}""", "spec.ingress[0].from[0]: Required value: must specify a peer")]
    [InlineData("""{"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/33"}}]}]}""", "spec.ingress[0].from[0].ipBlock.cidr")]
    [InlineData("""{"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"},"podSelector":{}}]}]}""", "may not specify both ipBlock and another peer")]
    [InlineData("""{"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16"]}}]}]}""", "must be a strict subset")]
    [InlineData("""{"egress":[{"ports":[{"port":0}]}]}""", "spec.egress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535")]
    [InlineData("""{"egress":[{"ports":[{"port":80,"endPort":79}]}]}""", "must be greater than or equal to `port`")]
    [InlineData("""{"egress":[{"ports":[{"port":"web","endPort":90}]}]}""", "may not be specified when `port` is non-numeric")]
    [InlineData("""{"egress":[{"ports":[{"protocol":"ICMP"}]}]}""", "Unsupported value: \"ICMP\"")]
    [InlineData("""{"policyTypes":["Inside"]}""", "spec.policyTypes[0]: Unsupported value: \"Inside\"")]
    public async Task Create_OfWhatMakesNoSense_IsRefusedByField(string spec, string message)
    {
        var (code, answer) = await server.SendAsync("POST", Policies, Policy("wrong", spec));
        Assert.Equal(422, code);
        Assert.Contains(message, answer["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(404, (await server.SendAsync("GET", $"{Policies}/wrong")).Code);
    }

    [Fact]
    public async Task Enforcer_ReadsWhatItNeeds_AndWritesNothing()
    {
        var enforcer = server.Client(ClientIdentity.NetworkPolicy);
        foreach (var path in new[] { "/apis/networking.k8s.io/v1/networkpolicies", "/api/v1/pods", "/api/v1/namespaces", "/api/v1/nodes" })
        {
            Assert.Equal(200, (await server.SendAsync("GET", path, client: enforcer)).Code);
        }

        Assert.Equal(403, (await server.SendAsync("GET", "/api/v1/secrets", client: enforcer)).Code);
        Assert.Equal(403, (await server.SendAsync("POST", Policies, Policy("own", "{}"), client: enforcer)).Code);
    }
}
