using Podwire.Bgp.Policy;
using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>What goes where: reflection, other ASes, policies, add-path, refresh, restarts.</summary>
public sealed partial class ReflectionTests
{
    private static readonly IpPrefix Block = IpPrefix.Parse("10.244.1.0/26");

    private readonly TestNetwork network = new();

    private static NeighborConfig Client(NeighborConfig agreed) => agreed with { IsClient = true };

    private (TestSpeaker Hub, TestSpeaker[] Leaves) Star(int leaves, Func<NeighborConfig, NeighborConfig>? change = null)
    {
        var hub = network.Add("10.9.0.1");
        var made = Enumerable.Range(0, leaves).Select(index => network.Add($"10.9.1.{index + 1}")).ToArray();
        foreach (var leaf in made)
        {
            hub.Peer(leaf, agreed => (change?.Invoke(agreed) ?? agreed) with { IsClient = true, IsPassive = true });
            leaf.Peer(hub, change);
        }

        network.Settle();
        return (hub, made);
    }

    [Fact]
    public void Route_OfAClient_ReachesTheOthersWithItsNextHop_AndNotItself()
    {
        var (hub, leaves) = Star(3);
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[2].Best());
        Assert.Equal([$"{Block} via self"], leaves[0].Best());
        Assert.Single(leaves[0].Speaker.Routes(Block));
        var path = leaves[1].Speaker.Routes(Block)[0].Attributes;
        Assert.Equal((0x0A090101u, 0x0A090001u), (path.OriginatorId!.Value, path.ClusterList.Single()));
        Assert.Equal(1, hub.Speaker.AttributeCount);

        leaves[0].Speaker.Withdraw(Block);
        network.Settle();
        Assert.All(leaves, leaf => Assert.Empty(leaf.Best()));
        Assert.Equal(0, hub.Speaker.AttributeCount);
    }

    [Fact]
    public void Route_WithTwoClients_MovesFromOneToTheOther()
    {
        var (_, leaves) = Star(3);
        leaves[1].Speaker.Originate(Block);
        network.Settle();
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        // The lower originator is the best now: its owner had the other's route and must lose it.
        Assert.Single(leaves[0].Speaker.Routes(Block));
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[2].Best());
        leaves[0].Speaker.Withdraw(Block);
        network.Settle();
        Assert.Equal([$"{Block} via 10.9.1.2"], leaves[0].Best());
        Assert.Equal([$"{Block} via 10.9.1.2"], leaves[2].Best());
        Assert.Equal([$"{Block} via self"], leaves[1].Best());
    }

    [Fact]
    public void Mesh_PassesNothingOn()
    {
        var speakers = Enumerable.Range(1, 3).Select(index => network.Add($"10.9.0.{index}")).ToArray();
        speakers[0].Peer(speakers[1]);
        speakers[1].Peer(speakers[0]);
        speakers[1].Peer(speakers[2]);
        speakers[2].Peer(speakers[1]);
        network.Settle();
        speakers[0].Speaker.Originate(Block);
        network.Settle();
        Assert.Single(speakers[1].Best());
        Assert.Empty(speakers[2].Best());
    }

    [Fact]
    public void TwoReflectors_OfOneCluster_DoNotLoop()
    {
        var reflectors = new[] { network.Add("10.9.0.1", cluster: "1.1.1.1"), network.Add("10.9.0.2", cluster: "1.1.1.1") };
        var leaves = new[] { network.Add("10.9.1.1"), network.Add("10.9.1.2") };
        reflectors[0].Peer(reflectors[1]);
        reflectors[1].Peer(reflectors[0]);
        foreach (var leaf in leaves)
        {
            foreach (var reflector in reflectors)
            {
                reflector.Peer(leaf, Client);
                leaf.Peer(reflector);
            }
        }

        network.Settle();
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        Assert.Equal(2, leaves[1].Speaker.Routes(Block).Count);
        Assert.Single(reflectors[0].Speaker.Routes(Block));

        reflectors[0].Kill();
        network.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
    }

    [Fact]
    public void OtherAs_GetsOurAsAndNextHop_AndNoLoop()
    {
        var (a, b, c) = (network.Add("10.9.0.1", 64512), network.Add("10.9.0.2", 64513), network.Add("10.9.0.3", 64512));
        a.Peer(b);
        b.Peer(a);
        b.Peer(c);
        c.Peer(b);
        network.Settle();
        a.Speaker.Originate(Block, communities: [0xFFFF0001]);
        network.Settle();
        Assert.Equal([$"{Block} via 10.9.0.1"], b.Best());
        Assert.Null(b.Speaker.Routes(Block)[0].Attributes.LocalPref);
        Assert.Equal([0xFFFF0001u], b.Speaker.Routes(Block)[0].Attributes.Communities);
        // c is of the AS that stands in the path.
        Assert.Empty(c.Best());
        b.Speaker.Change(b.Of(c), b.Of(c).Config with { NextHop = NextHopMode.Keep }, network.Now);
        network.Settle();
        Assert.Empty(c.Best());
    }

    [Fact]
    public void Families_AreBothCarried_WithNextHopsOfTheirOwn()
    {
        var (_, leaves) = Star(2);
        var block = IpPrefix.Parse("fd00:10:244:1::/122");
        leaves[0].Speaker.Originate(block);
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        Assert.Equal(["fd00:10:244:1::/122 via ::ffff:10.9.1.1"], leaves[1].Best(IpFamily.V6));
        Assert.Single(leaves[1].Best());
        leaves[0].Speaker.Withdraw(block);
        network.Settle();
        Assert.Empty(leaves[1].Best(IpFamily.V6));
        Assert.Single(leaves[1].Best());
    }

    [Fact]
    public void Policy_FiltersChangesAndFollowsItsConfiguration()
    {
        var (hub, leaves) = Star(2);
        leaves[0].Speaker.Originate(Block);
        leaves[0].Speaker.Originate(IpPrefix.Parse("192.0.2.0/24"));
        network.Settle();
        var only = new RoutePolicy([new RouteRule(new RouteAction(true, addCommunities: [77]), Within: [IpPrefix.Parse("10.244.0.0/16")], MinLength: 26)], RouteAction.Reject);
        hub.Speaker.Change(hub.Of(leaves[1]), hub.Of(leaves[1]).Config with { Export = only }, network.Now);
        network.Settle();
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        Assert.Equal([77u], leaves[1].Speaker.Routes(Block)[0].Attributes.Communities);
        Assert.Equal(1, leaves[1].Of(hub).EstablishedCount);

        var none = new RoutePolicy([new RouteRule(RouteAction.Reject, Within: [Block])], RouteAction.Accept);
        hub.Speaker.Change(hub.Of(leaves[0]), hub.Of(leaves[0]).Config with { Import = none }, network.Now);
        network.Settle();
        Assert.Empty(leaves[1].Best());
        Assert.Equal(["192.0.2.0/24 via 10.9.1.1"], hub.Best());
    }

    [Fact]
    public void AddPath_TellsAllPaths_AndTakesThemBackOneByOne()
    {
        var (_, leaves) = Star(3, agreed => agreed with { AddPath = AddPathMode.Both });
        leaves[0].Speaker.Originate(Block);
        leaves[1].Speaker.Originate(Block);
        network.Settle();
        Assert.Equal(2, leaves[2].Speaker.Routes(Block).Count);
        Assert.Equal(2, leaves[0].Speaker.Routes(Block).Count);
        leaves[0].Speaker.Withdraw(Block);
        network.Settle();
        Assert.Equal([$"{Block} via 10.9.1.2"], leaves[2].Best());
        Assert.Single(leaves[2].Speaker.Routes(Block));
    }

    [Fact]
    public void StalledReader_OwesBitsNotMessages_AndCatchesUp()
    {
        var (hub, leaves) = Star(3);
        leaves[2].IsStalled = true;
        for (var round = 0; round < 40; round++)
        {
            for (var i = 0; i < 500; i++)
            {
                leaves[0].Speaker.Originate(IpPrefix.Parse($"10.{100 + (i / 250)}.{i % 250}.0/24"), med: (uint)round);
            }

            network.Settle();
        }

        // Twenty thousand changes wait as far as the socket's buffer and a bounded queue go.
        Assert.True(hub.Of(leaves[2]).Session!.OutputLength < 2_000_000);
        leaves[2].IsStalled = false;
        network.Settle();
        Assert.Equal(leaves[1].Best(), leaves[2].Best());
        Assert.Equal(39u, leaves[2].Speaker.Routes(IpPrefix.Parse("10.100.7.0/24"))[0].Attributes.Med);
    }
}
