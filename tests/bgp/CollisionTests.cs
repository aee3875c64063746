using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Two connections of one neighbour (RFC 4271 section 6.8), each word of the transcripts, and every order of events that chance finds.</summary>
public sealed class CollisionTests
{
    private readonly TestNetwork network = new();
    private readonly TestSpeaker hub;
    private readonly Neighbor neighbor;
    private readonly WirePeer first;

    /// <summary>10.9.0.1 has a connection of its own to 10.9.0.2, the dominant end, and its OPEN and KEEPALIVE are out.</summary>
    public CollisionTests()
    {
        hub = network.Add("10.9.0.1");
        neighbor = hub.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse("10.9.0.2"), Asn = 64512 }, network.Now);
        first = new WirePeer(network, hub, isOutgoing: true);
        Open(first);
        Assert.Equal("KEEPALIVE", first.Read()[^1]);
    }

    private static void Open(WirePeer peer) => peer.Send(peer.Open(WirePeer.All).ToMessage());

    private static void Keepalive(WirePeer peer) => peer.Send(MessageHeader.Keepalive.ToArray());

    [Fact]
    public void DominantEnd_ThatClosesTheFirst_GetsTheSecond()
    {
        var second = new WirePeer(network, hub);
        Keepalive(first);
        Assert.Equal(SessionState.OpenConfirm, first.Connection.State);
        Open(second);
        Assert.Equal("KEEPALIVE", second.Read()[^1]);
        first.Send(NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution).ToMessage());
        Keepalive(second);
        Assert.Equal((SessionState.Idle, SessionState.Established, 1), (first.Connection.State, second.Connection.State, neighbor.EstablishedCount));
    }

    [Fact]
    public void DominantEnd_ThatConfirmsTheSecond_LosesTheFirst()
    {
        var second = new WirePeer(network, hub);
        Keepalive(first);
        Open(second);
        Keepalive(second);
        Assert.Equal(["NOTIFICATION 6/7"], first.Read());
        Assert.Equal((SessionState.Established, 1), (second.Connection.State, neighbor.EstablishedCount));
    }

    [Fact]
    public void DominantEnd_ThatClosesTheSecond_KeepsTheFirst()
    {
        var second = new WirePeer(network, hub);
        Keepalive(first);
        Open(second);
        second.Send(NotificationMessage.Cease(BgpSubcode.CeaseCollisionResolution).ToMessage());
        Assert.Equal((SessionState.Established, 1), (first.Connection.State, neighbor.EstablishedCount));
    }

    [Fact]
    public void DominantEnd_ThatTellsRoutesOnTheFirst_HasEstablishedIt()
    {
        var second = new WirePeer(network, hub);
        Keepalive(first);
        Open(second);
        first.Send(WirePeer.Update(string.Empty, first.Attributes, "180A0101"));
        Assert.Equal("NOTIFICATION 6/7", second.Read()[^1]);
        Assert.Equal((SessionState.Established, 1), (first.Connection.State, neighbor.EstablishedCount));
        Assert.Single(hub.Best());
    }

    [Fact]
    public void SecondConnection_ThatHangs_IsWaitedForFiveSeconds()
    {
        var second = new WirePeer(network, hub);
        Keepalive(first);
        network.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal((SessionState.OpenConfirm, network.Now + 1_000), (first.Connection.State, hub.Speaker.NextDeadline()));
        network.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal((SessionState.Established, 1), (first.Connection.State, neighbor.EstablishedCount));
        Assert.Equal("NOTIFICATION 6/7", second.Read()[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OwnConnection_OfTheDominantEnd_HoldsTheOthersBack(bool comesUp)
    {
        // 10.9.0.3 is the dominant one here.
        var dominant = network.Add("10.9.0.3");
        var agreed = dominant.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse("10.9.0.2"), Asn = 64512 }, network.Now);
        var own = new WirePeer(network, dominant, isOutgoing: true);
        var theirs = new WirePeer(network, dominant);
        Open(theirs);
        Keepalive(theirs);
        Assert.DoesNotContain("KEEPALIVE", theirs.Read());
        if (comesUp)
        {
            Open(own);
            Assert.Equal(["NOTIFICATION 6/7"], theirs.Read());
            Keepalive(own);
        }
        else
        {
            dominant.Speaker.Closed(own.Connection, "connection reset", network.Now);
            Assert.Equal("KEEPALIVE", theirs.Read()[0]);
        }

        Assert.Equal((SessionState.Established, 1), ((comesUp ? own : theirs).Connection.State, agreed.EstablishedCount));
    }

    [Fact]
    public void OwnConnection_ThatStandsBehindTheOthersOpen_IsNotBegun() =>
        Assert.Null(hub.Speaker.Connected(neighbor, hub.Address, network.Now));

    /// <summary>Both ends connect at once; what happens when is left to chance. Each end establishes one session, and the same.</summary>
    /// <param name="others">The other end: podwire too, or a speaker that knows no more than the letter of section 6.8.</param>
    /// <param name="isDominant">Whether 10.9.0.2 is podwire.</param>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void BothEnds_ThatConnectAtOnce_EstablishOneSession(bool others, bool isDominant)
    {
        for (var seed = 0; seed < 3_000; seed++)
        {
            var random = new Random(seed);
            var race = new CollisionRace(isDominant || others ? CollisionRace.Speaker("10.9.0.2", "10.9.0.1") : new LiteralEnd("10.9.0.2", "10.9.0.1"), isDominant && !others ? new LiteralEnd("10.9.0.1", "10.9.0.2") : CollisionRace.Speaker("10.9.0.1", "10.9.0.2"));
            race.Run(random);
            Assert.True(race.IsOneSession, $"seed {seed}:\n{race}");
        }
    }
}
