using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Watch;

/// <summary>Defaults of the API, and that what is malformed fails closed.</summary>
public sealed class NetworkPolicyReaderTests
{
    [Theory]
    [InlineData("""{"podSelector":{}}""", true, false)]
    [InlineData("""{"podSelector":{},"policyTypes":[]}""", true, false)]
    [InlineData("""{"podSelector":{},"egress":[]}""", true, false)]
    [InlineData("""{"podSelector":{},"egress":[{}]}""", true, true)]
    [InlineData("""{"podSelector":{},"policyTypes":["Egress"],"ingress":[{}]}""", false, true)]
    [InlineData("""{"podSelector":{},"policyTypes":["Ingress","Egress"]}""", true, true)]
    [InlineData("""{"podSelector":{},"policyTypes":["Sideways"]}""", true, true)]
    public void Read_PolicyTypes_SayWhichDirectionsAreIsolated(string spec, bool ingress, bool egress)
    {
        var policy = Read(spec);

        Assert.Equal((ingress, egress), (policy.HasIngress, policy.HasEgress));
        Assert.True(policy.HasIngress || policy.Ingress.Length == 0);
    }

    [Fact]
    public void Read_EmptyRuleAndEmptyLists_MeanAny()
    {
        var policy = Read("""{"podSelector":{},"ingress":[{},{"from":[],"ports":[]}]}""");

        Assert.All(policy.Ingress, rule => Assert.True(rule.Peers is null && rule.Ports is null));
        Assert.Equal(2, policy.Ingress.Length);
    }

    [Fact]
    public void Read_Peers_AreScopedAsTheirSelectorsSay()
    {
        var peers = Read("""
            {"podSelector":{},"ingress":[{"from":[
              {"podSelector":{"matchLabels":{"a":"b"}}},
              {"namespaceSelector":{}},
              {"namespaceSelector":{"matchLabels":{"n":"m"}},"podSelector":{"matchExpressions":[{"key":"k","operator":"NotIn","values":["v"]}]}},
              {"ipBlock":{"cidr":"10.1.2.3/8","except":["10.1.0.0/16"]}}]}]}
            """).Ingress[0].Peers!;

        Assert.Equal(["default/a=b", "[]/", "[n=m]/k!=v"], peers.Where(peer => peer.Pods is not null).Select(peer => peer.Pods!.Text));
        Assert.Equal(IpPrefix.Parse("10.0.0.0/8"), peers[3].Block!.Prefix);
        Assert.True(peers[2].Pods!.Pods.Matches(LabelSet.None));
    }

    [Fact]
    public void Read_Ports_AreRangesAndNames()
    {
        var ports = Read("""
            {"podSelector":{},"ingress":[{"ports":[{"port":80},{"protocol":"UDP"},{"protocol":"SCTP","port":100,"endPort":200},{"port":"http"}]}]}
            """).Ingress[0].Ports!;

        Assert.Equal(
            [PortMatch.Range(IpProtocol.Tcp, 80, 80), PortMatch.All(IpProtocol.Udp), PortMatch.Range(IpProtocol.Sctp, 100, 200), PortMatch.Named(IpProtocol.Tcp, "http")],
            ports);
    }

    [Theory]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.0.0.300/8"}}]}""")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["192.168.0.0/16"]}}]}""")]
    [InlineData("""{"from":[{"ipBlock":{"cidr":"10.0.0.0/8"},"podSelector":{}}]}""")]
    [InlineData("""{"from":[{}]}""")]
    [InlineData("""{"from":[{"serviceSelector":{}}]}""")]
    [InlineData("""{"from":[{"podSelector":{"matchExpressions":[{"key":"a","operator":"Near","values":["b"]}]}}]}""")]
    [InlineData("""{"from":[{"namespaceSelector":{"matchExpressions":[{"key":"a","operator":"In"}]}}]}""")]
    [InlineData("""{"ports":[{"port":0}]}""")]
    [InlineData("""{"ports":[{"port":70000}]}""")]
    [InlineData("""{"ports":[{"port":90,"endPort":80}]}""")]
    [InlineData("""{"ports":[{"endPort":80}]}""")]
    [InlineData("""{"ports":[{"port":"http","endPort":80}]}""")]
    [InlineData("""{"ports":[{"port":{"a":1}}]}""")]
    [InlineData("""{"ports":[{"port":80,"protocol":"ICMP"}]}""")]
    public void Read_RuleThatCannotBeUsed_AcceptsNothingAndSaysSo(string rule)
    {
        var policy = Read($$"""{"podSelector":{},"ingress":[{{rule}}]}""");

        var read = Assert.Single(policy.Ingress);
        Assert.True(read.Peers is { Length: 0 } || read.Ports is { Length: 0 });
        Assert.Single(policy.Problems);
        Assert.True(policy.HasIngress);
    }

    [Theory]
    [InlineData("""{"podSelector":{"matchExpressions":[{"key":"a","operator":"Near"}]}}""")]
    [InlineData("""{"podSelector":{"matchLabels":{"a b":"c"}}}""")]
    [InlineData("""{"podSelector":7}""")]
    [InlineData("\"nonsense\"")]
    public void Read_SelectorThatCannotBeUsed_IsolatesTheNamespace(string spec)
    {
        var policy = Read(spec);

        Assert.Equal("default/", policy.Subject.Text);
        Assert.True(policy.HasIngress);
        Assert.Empty(policy.Ingress);
        Assert.NotEmpty(policy.Problems);
    }

    private static PolicyRecord Read(string spec) => NetworkPolicyReader.Read(ApiObjects.Read<PolicyObject>(ApiObjects.Policy("default", "p", spec)));
}
