using Podwire.Controllers.NodeIpam;
using Podwire.Kube.Objects;
using Podwire.Primitives;

namespace Podwire.Controllers.Tests;

public class NodeCidrPlanTests
{
    private static readonly (IpPrefix, int)[] Cluster = [(IpPrefix.Parse("10.244.0.0/16"), 24)];
    private static readonly Dictionary<string, NodeCidrAssignment> Nothing = [];

    [Fact]
    public void Nodes_WithoutNetworks_GetTheFirstFreeOnes()
    {
        var plan = NodeCidrPlan.Compile([Make.Node("a"), With("b", "10.244.0.0/24"), Make.Node("c")], Cluster, Nothing);
        Assert.Equal(["a 10.244.1.0/24", "c 10.244.2.0/24"], plan.Assign.Select(one => $"{one.Node} {one.Networks[0]}"));
    }

    [Fact]
    public void Assumed_NotYetSeen_IsSentAgainAndTakenByNobodyElse()
    {
        var assumed = new Dictionary<string, NodeCidrAssignment> { ["uid-a"] = new("a", "uid-a", [IpPrefix.Parse("10.244.0.0/24")]) };
        var plan = NodeCidrPlan.Compile([Make.Node("a"), Make.Node("b")], Cluster, assumed);
        Assert.Equal(["a 10.244.0.0/24", "b 10.244.1.0/24"], plan.Assign.Select(one => $"{one.Node} {one.Networks[0]}"));
    }

    [Fact]
    public void ForeignNetwork_LargerThanANodes_OccupiesAllItCovers()
    {
        var plan = NodeCidrPlan.Compile([With("big", "10.244.0.0/22"), With("outside", "192.168.0.0/24"), Make.Node("a")], Cluster, Nothing);
        Assert.Equal("10.244.4.0/24", Assert.Single(plan.Assign).Networks[0].ToString());
    }

    [Fact]
    public void Exhausted_Nodes_AreNamed()
    {
        var plan = NodeCidrPlan.Compile([Make.Node("a"), Make.Node("b"), Make.Node("c")], [(IpPrefix.Parse("10.0.0.0/23"), 24)], Nothing);
        Assert.Equal(2, plan.Assign.Count);
        Assert.Equal("c", Assert.Single(plan.Exhausted).Metadata.Name);
    }

    [Fact]
    public void DualStack_NodesGetOneOfEachFamily()
    {
        var plan = NodeCidrPlan.Compile([Make.Node("a"), Make.Node("b")], [(IpPrefix.Parse("10.244.0.0/16"), 24), (IpPrefix.Parse("fd00::/48"), 64)], Nothing);
        Assert.Equal(["10.244.0.0/24,fd00::/64", "10.244.1.0/24,fd00:0:0:1::/64"], plan.Assign.Select(one => string.Join(',', one.Networks)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Networks_OverAnyHistory_AreNeverShared(int seed)
    {
        var random = new Random(seed);
        var nodes = new Dictionary<string, Node>();
        for (var i = 0; i < 200; i++)
        {
            if (nodes.Count > 0 && random.Next(3) == 0)
            {
                nodes.Remove(nodes.Keys.ElementAt(random.Next(nodes.Count)));
            }
            else
            {
                nodes[$"n{i}"] = Make.Node($"n{i}");
            }

            foreach (var one in NodeCidrPlan.Compile(nodes.Values, [(IpPrefix.Parse("10.0.0.0/20"), 24)], Nothing).Assign.Where(_ => random.Next(2) == 0))
            {
                nodes[one.Node].Spec.PodCIDR = one.Networks[0].ToString();
            }

            var taken = nodes.Values.Where(node => node.Spec.PodCIDR is not null).Select(node => node.Spec.PodCIDR).ToList();
            Assert.Equal(taken.Count, taken.Distinct().Count());
        }
    }

    private static Node With(string name, string network)
    {
        var node = Make.Node(name);
        node.Spec.PodCIDR = network;
        node.Spec.PodCIDRs = [network];
        return node;
    }
}
