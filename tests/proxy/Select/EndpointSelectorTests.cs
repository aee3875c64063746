using Podwire.Proxy.Select;
using Podwire.Proxy.State;
using static Podwire.Proxy.Tests.Model.TestData;

namespace Podwire.Proxy.Tests.Select;

public sealed class EndpointSelectorTests
{
    // One letter is one endpoint in the order given: what is chosen is written by those letters.
    // Conditions: r ready, s serving, t terminating. «@» stands for this node, others for another one.
    [Theory]
    [InlineData("a:rs@ b:rs", "ab", "a", true)]
    [InlineData("a:@ b:", "", "", false)]
    [InlineData("a:rs b:", "a", "", true)]
    [InlineData("a:st@ b:rs", "b", "a", true)]
    [InlineData("a:st@ b:st", "ab", "a", true)]
    [InlineData("a:st b:t", "a", "", true)]
    [InlineData("a:t@ b:t", "", "", false)]
    [InlineData("a:rs@ b:st@", "a", "a", true)]
    [InlineData("a:s@", "", "", false)]
    [InlineData("", "", "", false)]
    public void Select_ByConditions_FollowsTheTerminatingMatrix(string endpoints, string cluster, string local, bool any)
    {
        var selection = EndpointSelector.Select(Parse(endpoints), new(InternalLocal: false, ExternalLocal: true, ExternallyReachable: true), Node);

        Assert.Equal(cluster, Letters(selection.Cluster));
        Assert.Equal(local, Letters(selection.Local));
        Assert.Equal(any, selection.HasAny);
    }

    [Theory]
    [InlineData(false, false, false, "ab", "")]
    [InlineData(false, false, true, "ab", "")]
    [InlineData(true, false, false, "", "a")]
    [InlineData(true, false, true, "ab", "a")]
    [InlineData(false, true, true, "ab", "a")]
    [InlineData(false, true, false, "ab", "")]
    public void Select_ByPolicy_ChoosesOnlyTheSetsThatAreUsed(bool internalLocal, bool externalLocal, bool reachable, string cluster, string local)
    {
        var selection = EndpointSelector.Select(Parse("a:rs@ b:rs"), new(internalLocal, externalLocal, reachable), Node);

        Assert.Equal(cluster, Letters(selection.Cluster));
        Assert.Equal(local, Letters(selection.Local));
    }

    [Fact]
    public void Select_InternalLocalWithoutLocalEndpoint_KnowsThatSomeExist()
    {
        var selection = EndpointSelector.Select(Parse("a:rs b:rs"), new(true, false, false), Node);

        Assert.Empty(selection.Local);
        Assert.True(selection.HasAny);
    }

    [Theory]
    [InlineData("a,b", "b", "Zone", "a")]
    [InlineData("b", "b", "None", "ab")]
    [InlineData("a", "", "None", "ab")]
    [InlineData("a", "a", "Zone", "ab")]
    public void Select_ZoneHints_CountOnlyIfAllHaveThemAndOneIsOurs(string first, string second, string mode, string chosen)
    {
        PortEndpoint[] endpoints = [Candidate('a', "rs", "node2", first), Candidate('b', "rs", "node3", second)];

        Assert.Equal(mode, EndpointSelector.ModeOf(endpoints, Node).ToString());
        Assert.Equal(chosen, Letters(EndpointSelector.Select(endpoints, new(false, false, false), Node).Cluster));
    }

    [Fact]
    public void Select_NodeHints_ComeBeforeZoneHints()
    {
        PortEndpoint[] endpoints = [Candidate('a', "rs", "node2", "a", "node1"), Candidate('b', "rs", "node3", "a", "node3")];

        Assert.Equal("a", Letters(EndpointSelector.Select(endpoints, new(false, false, false), Node).Cluster));
    }

    [Fact]
    public void Select_HintsOfEndpointsThatAreNotReady_DoNotMatter()
    {
        PortEndpoint[] endpoints = [Candidate('a', "rs", "node2", "a"), Candidate('b', "rs", "node3", "b"), Candidate('c', "", "node3", "")];

        Assert.Equal("a", Letters(EndpointSelector.Select(endpoints, new(false, false, false), Node).Cluster));
    }

    [Fact]
    public void Select_FallBackToTerminating_IgnoresHints()
    {
        PortEndpoint[] endpoints = [Candidate('a', "st", "node2", "b"), Candidate('b', "st", "node3", "a")];

        Assert.Equal("ab", Letters(EndpointSelector.Select(endpoints, new(false, false, false), Node).Cluster));
    }

    private static List<PortEndpoint> Parse(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Candidate(word[0], word[2..].TrimEnd('@'), word.EndsWith('@') ? ThisNode : "node2"))];

    private static PortEndpoint Candidate(char letter, string conditions, string node, string zones = "", string nodes = "")
    {
        var endpoint = Endpoint($"10.244.9.{letter - 'a' + 1}", node, conditions, zones, nodes);
        return new(new(endpoint.Address, 8080), endpoint);
    }

    private static string Letters(IEnumerable<PortEndpoint> endpoints) =>
        string.Concat(endpoints.Select(endpoint => (char)('a' + (int)(uint)endpoint.Target.Address.Value % 256 - 1)));
}
