using Podwire.Bgp.Policy;
using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Large communities (RFC 8092) and the kernel's metric in policies, as octets.</summary>
public sealed class PolicyTests
{
    // ORIGINATOR_ID and CLUSTER_LIST of a route of 10.9.0.2 that the hub reflects.
    private const string Reflected = "8009040A090002800A040A090001";
    private const string Tag = "0000FC000000000100000002";
    private static readonly IpPrefix Prefix = IpPrefix.Parse("10.1.1.0/24");
    private readonly TestNetwork network = new();
    private readonly TestSpeaker hub;

    public PolicyTests() => hub = network.Add("10.9.0.1");

    private WirePeer Peer(string address, RoutePolicy? import = null, RoutePolicy? export = null) => new WirePeer(network, hub, address, agreed => agreed with
    {
        Import = import ?? agreed.Import,
        Export = export ?? agreed.Export,
    }).Establish();

    private static RoutePolicy Only(RouteRule rule) => new([rule], RouteAction.Reject);

    [Fact]
    public void LargeCommunities_ArePassedOn_AddedOnEitherWay_AndMatched()
    {
        var added = new RouteAction(true, addLargeCommunities: [new(64512, 1, 3), new(64512, 1, 2)]);
        var from = Peer("10.9.0.2", new RoutePolicy([new RouteRule(new RouteAction(true, addLargeCommunities: [new(64512, 1, 2)]), Within: [IpPrefix.Parse("10.2.0.0/16")])], RouteAction.Accept));
        var plain = Peer("10.9.0.3");
        var tagged = Peer("10.9.0.4", export: Only(new RouteRule(added, LargeCommunities: [new(64512, 1, 2)])));
        var other = Peer("10.9.0.5", export: Only(new RouteRule(RouteAction.Accept, LargeCommunities: [new(64512, 2, 1)])));

        from.Send(WirePeer.Update(string.Empty, from.Attributes + $"C0200C{Tag}", "180A0101"));
        Assert.Equal([Update($"C0200C{Tag}{Reflected}", "180A0101")], plain.News());
        Assert.Equal([Update($"C02018{Tag}0000FC000000000100000003{Reflected}", "180A0101")], tagged.News());
        Assert.Empty(other.News());

        // An import policy's is added where none was.
        from.Send(WirePeer.Update(string.Empty, from.Attributes, "180A0201"));
        Assert.Equal([Update($"C0200C{Tag}{Reflected}", "180A0201")], plain.News());
        Assert.Equal(["64512:1:2"], hub.Speaker.Routes(IpPrefix.Parse("10.2.1.0/24"))[0].Attributes.LargeCommunities.Select(static one => one.ToString()));
    }

    [Fact]
    public void Metric_IsKeptForTheKernel_MatchedOnTheWayOut_AndOnNoWire()
    {
        var from = Peer("10.9.0.2", new RoutePolicy([new RouteRule(new RouteAction(true, metric: 512), MaxLength: 24)], RouteAction.Accept));
        var plain = Peer("10.9.0.3");
        var usual = Peer("10.9.0.4", export: Only(new RouteRule(RouteAction.Accept, Metric: 0)));
        from.Send(WirePeer.Update(string.Empty, from.Attributes, "180A0101 190A010200"));
        Assert.Equal((512u, 0u), (hub.Speaker.Routes(Prefix)[0].Attributes.Metric, hub.Speaker.Routes(IpPrefix.Parse("10.1.2.0/25"))[0].Attributes.Metric));
        Assert.All(plain.News(), static message => Assert.StartsWith(Update(Reflected, string.Empty), message));
        Assert.Equal([Update(Reflected, "190A010200")], usual.News());
    }

    [Theory]
    [InlineData("64512:1:4294967295", true)]
    [InlineData("0:0:0", true)]
    [InlineData("64512:01:1", false)]
    [InlineData("64512:1", false)]
    [InlineData("64512:1:4294967296", false)]
    [InlineData("-1:1:1", false)]
    [InlineData("", false)]
    public void LargeCommunity_OfText_IsCanonicalOnly(string text, bool isGood)
    {
        Assert.Equal(isGood, LargeCommunity.TryParse(text, out var read));
        Assert.True(!isGood || read.ToString() == text);
    }

    private static string Update(string more, string prefixes)
    {
        var attributes = $"400101004002004003040A09000240050400000064{more}";
        return $"UPDATE 0000{attributes.Length / 2:X4}{attributes}{prefixes}";
    }
}
