using FsCheck;
using FsCheck.Fluent;
using Podwire.NetPolicy.Explain;
using Podwire.NetPolicy.State;
using Podwire.NetPolicy.Tests.Model;
using Podwire.NetPolicy.Watch;
using Podwire.NetPolicy.Watch.Api;
using Podwire.Primitives;

namespace Podwire.NetPolicy.Tests.Explain;

/// <summary>What people are told of a connection.</summary>
public sealed class PolicyCommandTests
{
    [Fact]
    public void Explain_DeniedConnection_NamesWhoDecidedAndWhatWouldHaveToChange()
    {
        var output = new StringWriter();

        var result = PolicyCommand.Explain(Reading(), "web", "db:81", output);

        Assert.Equal(1, result);
        Assert.Equal(
            """
            default/web (10.0.0.1) -> default/db (10.0.0.2) TCP/81: denied
              going out: accepted: no policy selects it
              coming in: denied: isolated by NetworkPolicy default/p, and no rule accepts it
                NetworkPolicy default/p ingress[0]: 10.0.0.1 is not from pods default/app=api; TCP/81 is not TCP/90 or TCP/http
                NetworkPolicy default/p ingress[1]: TCP/81 is not UDP/53
            """,
            output.ToString().TrimEnd());
    }

    [Fact]
    public void Explain_AllowedConnection_NamesTheRule()
    {
        var output = new StringWriter();

        Assert.Equal(0, PolicyCommand.Explain(Reading(), "10.9.9.9", "default/db:53/udp", output));
        Assert.Contains("coming in: accepted: NetworkPolicy default/p ingress[1] accepts it", output.ToString());
    }

    [Theory]
    [InlineData("web", "db", "has no port")]
    [InlineData("web", "db:http", "is not a port")]
    [InlineData("nobody", "db:80", "there is no pod default/nobody")]
    public void Explain_WhatCannotBeUnderstood_IsSaid(string source, string target, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => PolicyCommand.Explain(Reading(), source, target, TextWriter.Null)).Message);

    [Fact]
    public void Matrix_OfANamespace_ShowsWhoReachesWhom()
    {
        var output = new StringWriter();

        PolicyCommand.Matrix(Reading(), "default", "90", output);

        Assert.Equal(
            """
            namespace default, TCP/90: from the left to the top; x is denied
                    1   2   3
            api     -   .   .  1
            db      .   -   .  2
            web     .   x   -  3
            """,
            output.ToString().TrimEnd());
    }

    [Fact]
    public void Judge_AnyCluster_SaysWhatTheDirectReadingSays() => Prop.ForAll(Gen.Choose(0, 1_000_000).ArrayOf().ToArbitrary(), history =>
    {
        var cluster = new RandomCluster();
        foreach (var number in history)
        {
            cluster.Change(number);
        }

        // Judged for both ends wherever they are, so every pod is brought to one node.
        foreach (var (key, pod) in cluster.Pods.ToList())
        {
            cluster.Pods[key] = pod with { Node = RandomCluster.Node };
        }

        var (reading, direct) = (new PolicyReading(cluster.Everything), cluster.Reading);
        foreach (var packet in RandomCluster.Packets(IpFamily.V4, cluster.Pods.Count).Where(packet => packet.Source != packet.Destination))
        {
            var (egress, ingress) = reading.Judge(packet.Source, packet.Destination, packet.Protocol, packet.Port);
            Assert.True(direct.IsAccepted(packet) == (egress.IsAccepted && ingress.IsAccepted), packet.ToString());
        }
    }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(40));

    private static PolicyReading Reading()
    {
        var snapshot = new PolicySnapshot();
        foreach (var (name, address) in (ReadOnlySpan<(string, string)>)[("web", "10.0.0.1"), ("db", "10.0.0.2"), ("api", "10.0.0.3")])
        {
            var pod = PodReader.Read(ApiObjects.Read<PodObject>(ApiObjects.Pod("default", name, "n1", address, $"app={name}", "http/TCP/8080")));
            snapshot.Pods[pod.Key] = pod;
        }

        var policy = NetworkPolicyReader.Read(ApiObjects.Read<PolicyObject>(ApiObjects.Policy("default", "p", """{"podSelector":{"matchLabels":{"app":"db"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"api"}}}],"ports":[{"port":90},{"port":"http"}]},{"ports":[{"port":53,"protocol":"UDP"}]}]}""")));
        snapshot.Policies[policy.Id] = policy;
        return new(snapshot);
    }
}
