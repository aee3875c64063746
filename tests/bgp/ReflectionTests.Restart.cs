using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <content>Graceful restart, of a neighbour and of the reflector.</content>
public sealed partial class ReflectionTests
{
    [Fact]
    public void Restart_KeepsRoutesUntilTheNeighbourIsBack_AndDropsWhatItNoLongerHas()
    {
        var (hub, leaves) = Star(2);
        leaves[0].Speaker.Originate(Block);
        leaves[0].Speaker.Originate(IpPrefix.Parse("10.244.9.0/26"));
        network.Settle();
        leaves[0].Kill();
        network.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(2, leaves[1].Best().Length);
        Assert.All(hub.Speaker.Routes(Block), route => Assert.True(route.IsStale));

        var again = network.Add("10.9.1.1", restarting: true);
        again.Peer(hub);
        again.Speaker.Originate(Block);
        network.Pass(TimeSpan.FromSeconds(10));
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        Assert.False(hub.Speaker.Routes(Block)[0].IsStale);
    }

    [Fact]
    public void Restart_ThatTakesTooLong_LosesTheRoutes()
    {
        var (_, leaves) = Star(2, agreed => agreed with { RestartSeconds = 20 });
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        leaves[0].Kill();
        network.Pass(TimeSpan.FromSeconds(18));
        Assert.Single(leaves[1].Best());
        network.Pass(TimeSpan.FromSeconds(4));
        Assert.Empty(leaves[1].Best());
    }

    [Fact]
    public void RestartedReflector_TellsNothingBeforeItHasHeardAll()
    {
        var (hub, leaves) = Star(2);
        leaves[0].Speaker.Originate(Block);
        network.Settle();
        hub.Kill();
        network.Pass(TimeSpan.FromSeconds(1));
        Assert.Single(leaves[1].Best());
        var again = network.Add("10.9.0.1", restarting: true);
        foreach (var leaf in leaves)
        {
            again.Peer(leaf, agreed => agreed with { IsClient = true, IsPassive = true });
        }

        for (var second = 0; second < 12; second++)
        {
            network.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        }

        Assert.False(again.Speaker.IsDeferring);
        Assert.False(leaves[1].Speaker.Routes(Block)[0].IsStale);
    }

    [Fact]
    public void RestartedReflector_OfARange_WaitsForThoseWhoComeLater()
    {
        var template = new NeighborConfig { Address = default, Asn = 64512, IsClient = true };
        var (hub, leaves) = (network.Add("10.9.0.1"), new[] { network.Add("10.9.1.1"), network.Add("10.9.1.2") });
        hub.Speaker.AddRange(IpPrefix.Parse("10.9.0.0/16"), template);
        foreach (var leaf in leaves)
        {
            leaf.Peer(hub);
        }

        leaves[0].Speaker.Originate(Block);
        network.Settle();
        hub.Kill();
        var again = network.Add("10.9.0.1", restarting: true);
        again.Speaker.AddRange(IpPrefix.Parse("10.9.0.0/16"), template);
        leaves[0].IsStalled = true;
        while (again.Speaker.Find(leaves[1].Address)?.Session is null)
        {
            network.Pass(TimeSpan.FromSeconds(1));
        }

        // One has told all it has; the other's route must not be taken from it on the strength of that.
        network.Pass(TimeSpan.FromSeconds(5));
        Assert.True(again.Speaker.IsDeferring);
        Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        leaves[0].IsStalled = false;
        for (var second = 0; second < 50; second++)
        {
            network.Pass(TimeSpan.FromSeconds(1));
            Assert.Equal([$"{Block} via 10.9.1.1"], leaves[1].Best());
        }

        Assert.False(again.Speaker.IsDeferring);
        Assert.False(leaves[1].Speaker.Routes(Block)[0].IsStale);
    }
}
