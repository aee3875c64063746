using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Routes that are kept and told again: graceful restart (RFC 4724), route refresh (RFC 2918) and its marks (RFC 7313).</summary>
public sealed class RestartTests
{
    private const string EndV4 = "UPDATE 00000000";
    private const string EndV6 = "UPDATE 00000006800F03000201";
    private static readonly GracefulRestartCapability Keeps = new(120, false, true, true, true, true);
    private static readonly IpPrefix First = IpPrefix.Parse("10.1.1.0/24");
    private static readonly IpPrefix Second = IpPrefix.Parse("10.1.2.0/24");

    private readonly TestNetwork network = new();
    private readonly TestSpeaker hub;

    public RestartTests() => hub = network.Add("10.9.0.1");

    private bool Has(IpPrefix prefix) => hub.Speaker.Routes(prefix).Count > 0;

    private WirePeer Peer(GracefulRestartCapability? restart, int ours = 120) =>
        new WirePeer(network, hub, change: agreed => agreed with { RestartSeconds = ours }).Establish(WirePeer.All with { GracefulRestart = restart });

    /// <summary>A neighbour that has told two prefixes, and its connection closed.</summary>
    private WirePeer Lost(GracefulRestartCapability? restart, int ours = 120)
    {
        var peer = Peer(restart, ours);
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101 180A0102"), WirePeer.Octets("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00170200000000"));
        hub.Speaker.Closed(peer.Connection, "reset", network.Now);
        return peer;
    }

    [Fact]
    public void Routes_OfANeighbourThatKeepsThem_StayForItsTime()
    {
        Lost(Keeps with { RestartSeconds = 30 });
        Assert.True(hub.Speaker.Routes(First).Single().IsStale);
        network.Pass(TimeSpan.FromSeconds(29));
        Assert.True(Has(First));
        network.Pass(TimeSpan.FromSeconds(2));
        Assert.False(Has(First));
    }

    [Theory]
    [InlineData("it does not restart gracefully", null, true, 120)]
    [InlineData("its time is 0", 0, true, 120)]
    [InlineData("it keeps no IPv4 routes", 120, false, 120)]
    [InlineData("we do not want it", 120, true, 0)]
    public void Routes_OfANeighbourThatKeepsNothing_GoAtOnce(string why, int? seconds, bool keepsV4, int ours)
    {
        Lost(seconds is { } time ? Keeps with { RestartSeconds = time, V4 = keepsV4 } : null, ours);
        Assert.False(Has(First), why);
    }

    [Fact]
    public void Routes_AfterANotification_AreNotKept()
    {
        var peer = Peer(Keeps);
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101"), NotificationMessage.Cease(4).ToMessage());
        Assert.False(Has(First));
    }

    [Fact]
    public void Routes_NotToldAgain_GoWithTheEndOfRib()
    {
        Lost(Keeps);
        var again = Peer(Keeps);
        again.Send(WirePeer.Update(string.Empty, again.Attributes, "180A0102"));
        Assert.True(hub.Speaker.Routes(First).Single().IsStale);
        Assert.False(hub.Speaker.Routes(Second).Single().IsStale);
        again.Send(WirePeer.Update(string.Empty, string.Empty, string.Empty));
        Assert.Equal((false, true), (Has(First), Has(Second)));
    }

    [Fact]
    public void Routes_OfANeighbourThatSaysItRestarts_WaitForTheMarkOfTheirFamily()
    {
        Lost(Keeps);
        var again = Peer(Keeps with { IsRestarting = true });
        again.Send(WirePeer.Octets("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 0000 0006 800F03000201"), WirePeer.Update(string.Empty, again.Attributes, "180A0102"));
        Assert.True(Has(First) && again.Neighbor.HasStaleRoutes);
        again.Send(WirePeer.Update(string.Empty, string.Empty, string.Empty));
        Assert.Equal((false, true, false), (Has(First), Has(Second), again.Neighbor.HasStaleRoutes));
    }

    [Theory]
    [InlineData("the forwarding bit is not set", true, false)]
    [InlineData("the family is not named", false, false)]
    public void Routes_OfAFamilyThatWasNotKept_GoWithTheOpen(string why, bool names, bool forwards)
    {
        Lost(Keeps);
        Peer(Keeps with { V4 = names, ForwardsV4 = forwards });
        Assert.False(Has(First), why);
    }

    [Fact]
    public void EndOfRib_ThatNeverComes_IsNotWaitedForForever()
    {
        var peer = Lost(Keeps);
        var again = Peer(Keeps);
        again.Send(WirePeer.Update(string.Empty, again.Attributes, "180A0102"));
        for (var minute = 0; minute < 7; minute++)
        {
            Assert.True(minute >= 6 || Has(First));
            for (var half = 0; half < 2; half++)
            {
                network.Pass(TimeSpan.FromSeconds(30));
                again.Send(MessageHeader.Keepalive.ToArray());
            }
        }

        Assert.Equal((false, true), (Has(First), Has(Second)));
        Assert.Equal(SessionState.Established, again.Connection.State);
        Assert.False(peer.Neighbor.HasStaleRoutes);
    }

    [Fact]
    public void SecondRestart_BeforeTheFirstIsOver_LosesWhatWasStaleAlready()
    {
        Lost(Keeps);
        var again = Peer(Keeps);
        again.Send(WirePeer.Update(string.Empty, again.Attributes, "180A0102"));
        hub.Speaker.Closed(again.Connection, "reset", network.Now);
        Assert.Equal((false, true), (Has(First), Has(Second)));
    }

    [Fact]
    public void EndOfRib_OfOurs_FollowsTheFirstDumpOfEachFamily()
    {
        hub.Speaker.Originate(First);
        var peer = new WirePeer(network, hub);
        peer.Send(peer.Open(WirePeer.All).ToMessage(), MessageHeader.Keepalive.ToArray());
        var told = peer.Read();
        Assert.Equal(["UPDATE", EndV4, EndV6], told.Skip(2).Select(static message => message is EndV4 or EndV6 ? message : message[..6]));
    }

    [Fact]
    public void EndOfRib_OfIpv6_IsNoneIfSomethingIsWithdrawnBesides()
    {
        Lost(Keeps);
        var again = Peer(Keeps);
        again.Send(WirePeer.Update("180A0102", "800F03000201", string.Empty));
        Assert.Equal((true, false), (Has(First), Has(Second)));
    }

    [Fact]
    public void Restarted_SaysSoUntilItHasHeardAll_AndTellsNothingBefore()
    {
        var restarted = network.Add("10.9.0.7", restarting: true);
        restarted.Speaker.Originate(Second);
        var peer = new WirePeer(network, restarted, change: agreed => agreed with { RestartSeconds = 120 });
        Assert.Contains("400A8078000101800002 0180".Replace(" ", string.Empty, StringComparison.Ordinal), Assert.Single(peer.Read()), StringComparison.Ordinal);
        peer.Send(peer.Open(WirePeer.All with { GracefulRestart = Keeps }).ToMessage(), MessageHeader.Keepalive.ToArray());
        Assert.DoesNotContain(peer.Read(), static message => message.StartsWith("UPDATE", StringComparison.Ordinal));
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101"), WirePeer.Octets("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00170200000000"));
        Assert.Empty(peer.News());
        peer.Send(WirePeer.Octets("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 0000 0006 800F03000201"));
        Assert.Contains("180A0102", Assert.Single(peer.News()), StringComparison.Ordinal);
        Assert.False(restarted.Speaker.IsDeferring);
        var later = new WirePeer(network, restarted, "10.9.0.3", agreed => agreed with { RestartSeconds = 120 });
        Assert.Contains("400A0078", Assert.Single(later.Read()), StringComparison.Ordinal);
    }

    [Fact]
    public void Restarted_WithNobodyThere_TellsAfterItsTime()
    {
        var restarted = network.Add("10.9.0.7", restarting: true);
        restarted.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse("10.9.0.50"), Asn = 64512, IsPassive = true }, network.Now);
        var peer = new WirePeer(network, restarted, change: agreed => agreed with { RestartSeconds = 120 }).Establish(WirePeer.All with { GracefulRestart = Keeps });
        restarted.Speaker.Originate(Second);
        peer.Send(WirePeer.Update(string.Empty, string.Empty, string.Empty), WirePeer.Octets("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF001D02 0000 0006 800F03000201"));
        network.Pass(TimeSpan.FromSeconds(58));
        Assert.Empty(peer.News());
        network.Pass(TimeSpan.FromSeconds(3));
        Assert.Single(peer.News());
    }

    [Fact]
    public void Refresh_WithoutMarks_TellsAllAgainAndNothingElse()
    {
        var sender = Peer(null);
        var reader = new WirePeer(network, hub, "10.9.0.3").Establish(WirePeer.All with { EnhancedRouteRefresh = false });
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0101"));
        reader.Send(WirePeer.Update(string.Empty, reader.Attributes, "180A0102"));
        var first = Assert.Single(reader.News());
        reader.Send(RouteRefreshMessage.ToMessage(IpFamily.V4));
        // Its own route is not withdrawn from it.
        Assert.Equal([first], reader.Read());
        reader.Send(RouteRefreshMessage.ToMessage(IpFamily.V6));
        Assert.Empty(reader.Read());
    }

    [Fact]
    public void Refresh_WithMarks_StandsBetweenThem()
    {
        var sender = Peer(null);
        var reader = new WirePeer(network, hub, "10.9.0.3").Establish();
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0101"));
        var first = Assert.Single(reader.News());
        reader.Send(RouteRefreshMessage.ToMessage(IpFamily.V4));
        Assert.Equal(["REFRESH 1 1", first, "REFRESH 1 2"], reader.Read());
    }

    [Fact]
    public void Refresh_AskedForDuringTheFirstDump_BeginsBehindItsEnd()
    {
        hub.Speaker.Originate(First);
        var peer = new WirePeer(network, hub);
        peer.Send(peer.Open(WirePeer.All).ToMessage(), MessageHeader.Keepalive.ToArray(), RouteRefreshMessage.ToMessage(IpFamily.V4));
        var told = peer.Read().Where(static message => message.StartsWith("UPDATE 0", StringComparison.Ordinal) || message.StartsWith("REFRESH", StringComparison.Ordinal)).Where(static message => message != EndV6).Select(static message => message == EndV4 ? "END" : message.Split(' ')[0] + message[^1]);
        Assert.Equal(["UPDATE1", "END", "REFRESH1", "UPDATE1", "REFRESH2"], told);
    }

    [Fact]
    public void Refresh_OfTheNeighbours_DropsWhatIsNotToldAgain()
    {
        var peer = Peer(null);
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101 180A0102"));
        peer.Send(RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.Begin), WirePeer.Update(string.Empty, peer.Attributes, "180A0102"));
        Assert.True(Has(First));
        peer.Send(RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.End));
        Assert.Equal((false, true), (Has(First), Has(Second)));
        // An end without a beginning means nothing.
        peer.Send(RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.End));
        Assert.True(Has(Second));
    }

    [Fact]
    public void Refresh_OfTheNeighboursWithoutAnEnd_EndsBySixMinutes()
    {
        var peer = Peer(null);
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101 180A0102"), RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.Begin), WirePeer.Update(string.Empty, peer.Attributes, "180A0102"));
        for (var half = 0; half < 13; half++)
        {
            network.Pass(TimeSpan.FromSeconds(30));
            peer.Send(MessageHeader.Keepalive.ToArray());
        }

        Assert.Equal((false, true, SessionState.Established), (Has(First), Has(Second), peer.Connection.State));
    }

    [Fact]
    public void Marks_WithoutTheirCapability_MeanNothing()
    {
        var peer = new WirePeer(network, hub).Establish(WirePeer.All with { EnhancedRouteRefresh = false });
        peer.Send(WirePeer.Update(string.Empty, peer.Attributes, "180A0101"), RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.Begin), RouteRefreshMessage.ToMessage(IpFamily.V4, RouteRefreshMessage.End));
        Assert.True(Has(First));
    }

    [Theory]
    [InlineData("0001 03 01")]
    [InlineData("0001 00 80")]
    [InlineData("0019 00 41")]
    public void Refresh_OfWhatIsNotSpoken_IsPassedOver(string body)
    {
        var peer = new WirePeer(network, hub).Establish();
        peer.Send(MessageHeader.Build(BgpMessageType.RouteRefresh, WirePeer.Octets(body)));
        Assert.Empty(peer.News());
        Assert.Equal(SessionState.Established, peer.Connection.State);
    }

    [Fact]
    public void Mark_OfAnotherLength_EndsTheSessionWithTheMessageItself()
    {
        var peer = new WirePeer(network, hub).Establish();
        var message = MessageHeader.Build(BgpMessageType.RouteRefresh, WirePeer.Octets("0001 01 01 00"));
        peer.Send(message);
        Assert.Equal([$"NOTIFICATION 7/1 {Convert.ToHexString(message)}"], peer.News());
    }
}
