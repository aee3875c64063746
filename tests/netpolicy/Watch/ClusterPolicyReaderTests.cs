using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Watch;

/// <summary>ClusterNetworkPolicy v1alpha2.</summary>
public sealed class ClusterPolicyReaderTests
{
    [Fact]
    public void Read_AllKindsOfPeersAndPorts_AreTaken()
    {
        var policy = Read("""
            {"tier":"Baseline","priority":7,"subject":{"pods":{"namespaceSelector":{"matchLabels":{"n":"m"}},"podSelector":{"matchLabels":{"a":"b"}}}},
             "ingress":[{"name":"first","action":"Pass","from":[{"namespaces":{}}]}],
             "egress":[{"action":"Accept","to":[{"nodes":{}},{"networks":["10.0.0.0/8","fd00::/8"]},{"domainNames":["API.example.com."]}],
               "protocols":[{"tcp":{"destinationPort":{"number":80}}},{"udp":{"destinationPort":{"range":{"start":1,"end":9}}}},{"sctp":{}},{"destinationNamedPort":"http"}]}]}
            """);

        Assert.Empty(policy.Problems);
        Assert.Equal((PolicyTier.Baseline, 7, "[n=m]/a=b"), (policy.Tier, policy.Priority, policy.Subject.Text));
        Assert.Equal((RuleAction.Pass, "ingress[0] first"), (policy.Ingress[0].Action, policy.Ingress[0].Label));
        Assert.Equal(4, policy.Egress[0].Peers!.Length);
        Assert.Equal("api.example.com", policy.Egress[0].Peers![3].Domain);
        Assert.Equal(
            [PortMatch.Range(IpProtocol.Tcp, 80, 80), PortMatch.Range(IpProtocol.Udp, 1, 9), PortMatch.All(IpProtocol.Sctp), PortMatch.Named(null, "http")],
            policy.Egress[0].Ports!);
    }

    [Theory]
    [InlineData("Accept", false)]
    [InlineData("Deny", true)]
    [InlineData("Pass", true)]
    public void Read_UnknownPeer_AcceptMatchesNothingAndOthersDenyAll(string action, bool deniesAll)
    {
        var policy = Read($$$"""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"{{{action}}}","to":[{"planets":{}}]}]}""");

        Assert.Single(policy.Problems);
        Assert.Equal(deniesAll, policy.Egress[0].Action == RuleAction.Deny && policy.Egress[0].Peers is null);
        Assert.True(deniesAll || policy.Egress[0].Peers is { Length: 0 });
    }

    [Theory]
    [InlineData("""{"tier":"Royal","priority":1,"subject":{"namespaces":{}}}""")]
    [InlineData("""{"tier":"Admin","priority":1001,"subject":{"namespaces":{}}}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{}}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Deny","to":[{"domainNames":["a.example"]}]}]}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Accept","to":[{"domainNames":["*.*.example"]}]}]}""")]
    [InlineData("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{"networks":["10.0.0.0/8"]}]}]}""")]
    [InlineData("17")]
    public void Read_WhatCannotBeUsed_IsSaid(string spec) => Assert.NotEmpty(Read(spec).Problems);

    [Fact]
    public void Read_DomainNames_AreInLowerCaseWithoutTheLastDotAndWildcardsStay()
    {
        var policy = Read("""{"tier":"Admin","priority":1,"subject":{"namespaces":{}},"egress":[{"action":"Accept","to":[{"domainNames":["WWW.Example.", "*.Example.org."]}]}]}""");

        Assert.Empty(policy.Problems);
        Assert.Equal([("www.example", false), ("*.example.org", true)], policy.Egress[0].Peers!.Select(peer => (peer.Domain!, peer.IsWildcard)));
    }

    private static PolicyRecord Read(string spec) => ClusterPolicyReader.Read(ApiObjects.Read<PolicyObject>(ApiObjects.ClusterPolicy("c", spec)));
}
