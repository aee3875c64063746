using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Sessions between speakers: opening, collisions, errors, timers.</summary>
public sealed class SessionTests
{
    private readonly TestNetwork network = new();

    private static string Of(TestSpeaker speaker, TestSpeaker other) => $"{speaker.Of(other).State}";

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(7)]
    public void TwoSpeakers_ThatBothConnect_KeepOneConnection(int chunk)
    {
        network.Chunk = chunk;
        var (a, b) = (network.Add("10.9.0.1"), network.Add("10.9.0.2"));
        a.Peer(b);
        b.Peer(a);
        network.Settle();
        Assert.Equal(("Established", "Established"), (Of(a, b), Of(b, a)));
        Assert.Single(a.Of(b).Connections);
        Assert.Equal(a.Of(b).Session!.IsOutgoing, !b.Of(a).Session!.IsOutgoing);
        if (chunk < 100)
        {
            // Both were open at once: the one stays that the higher identifier opened (RFC 4271 section 6.8).
            Assert.True(b.Of(a).Session!.IsOutgoing);
        }
    }

    [Fact]
    public void Session_WithAnotherAs_IsRefusedByBoth()
    {
        var (a, b) = (network.Add("10.9.0.1", 64512), network.Add("10.9.0.2", 64513));
        a.Peer(b, agreed => agreed with { Asn = 64999 });
        b.Peer(a, agreed => agreed with { IsPassive = true });
        network.Settle();
        Assert.Equal("Active", Of(a, b));
        Assert.Contains("Bad Peer AS", a.Of(b).LastError, StringComparison.Ordinal);
        Assert.Contains("received OpenMessage/Bad Peer AS", b.Of(a).LastError, StringComparison.Ordinal);

        // It rests before it tries again.
        var tries = a.Log.Count(line => line.Contains("connecting", StringComparison.Ordinal));
        network.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(tries, a.Log.Count(line => line.Contains("connecting", StringComparison.Ordinal)));
        network.Pass(TimeSpan.FromSeconds(30));
        Assert.True(a.Log.Count(line => line.Contains("connecting", StringComparison.Ordinal)) > tries);
    }

    [Fact]
    public void Session_IsKeptUpByKeepalives_AndEndsInSilence()
    {
        var (a, b) = (network.Add("10.9.0.1"), network.Add("10.9.0.2"));
        a.Peer(b, agreed => agreed with { HoldSeconds = 9, RestartSeconds = 0 });
        b.Peer(a, agreed => agreed with { HoldSeconds = 30, IsPassive = true, RestartSeconds = 0 });
        network.Settle();
        Assert.Equal(9, b.Of(a).Session!.Negotiated!.HoldSeconds);
        network.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(1, a.Of(b).EstablishedCount);
        a.IsStalled = true;
        network.Pass(TimeSpan.FromSeconds(10));
        Assert.Contains(a.Log, line => line.Contains("hold timer expired", StringComparison.Ordinal));
    }

    /// <summary>What a neighbour sends may never come (its hop limit, its signature): connections that got stuck in the opening keep nobody out.</summary>
    [Fact]
    public void Neighbour_WhoseConnectionsGotStuck_IsTakenAgain_AndConnectedTo()
    {
        var a = network.Add("10.9.0.1");
        var (silent, half) = (new WirePeer(network, a), new WirePeer(network, a));
        half.Send(half.Open(WirePeer.All).ToMessage());
        Assert.Equal((SessionState.Idle, SessionState.OpenConfirm), (silent.Connection.State, half.Connection.State));
        var back = new WirePeer(network, a).Establish();
        Assert.Equal(SessionState.Idle, half.Connection.State);

        // A session that stands is another matter: what comes beside it may be anybody.
        var third = new WirePeer(network, a);
        third.Send(third.Open(WirePeer.All).ToMessage());
        Assert.Equal((SessionState.Established, SessionState.Idle), (back.Connection.State, third.Connection.State));

        // From this end too, once it has been silent for as long as a try to connect lasts.
        var waiting = network.Add("10.9.0.9");
        waiting.Peer(a, static agreed => agreed with { IsPassive = true });
        a.Peer(waiting);
        Assert.NotNull(a.Speaker.Accept(waiting.Address, a.Address, network.Now));
        network.Pass(TimeSpan.FromSeconds(4));
        Assert.Equal("OpenSent", Of(a, waiting));

        // Then the connection of the end with the higher identifier is waited for once more: it may just be slow.
        network.Pass(TimeSpan.FromSeconds(8));
        Assert.Equal("Established", Of(a, waiting));
        Assert.Single(a.Of(waiting).Connections);
    }

    [Fact]
    public void Shutdown_TellsTheOtherOperatorWhy()
    {
        var (a, b) = (network.Add("10.9.0.1"), network.Add("10.9.0.2"));
        a.Peer(b);
        b.Peer(a);
        network.Settle();
        a.Speaker.Shutdown("maintenance until 18:00 — sorry", network.Now);
        network.Settle();
        Assert.Contains("Administrative Shutdown \"maintenance until 18:00 — sorry\"", b.Of(a).LastError, StringComparison.Ordinal);
    }

    [Fact]
    public void Range_TakesWhoeverComes_AndForgetsWhoGoes()
    {
        var (hub, leaf, stranger) = (network.Add("10.9.0.1"), network.Add("10.9.0.77"), network.Add("10.8.0.5"));
        hub.Speaker.AddRange(IpPrefix.Parse("10.9.0.0/24"), new NeighborConfig { Address = default, Asn = 64512, IsClient = true });
        leaf.Peer(hub, agreed => agreed with { RestartSeconds = 0 });
        stranger.Peer(hub);
        network.Settle();
        Assert.Equal("Established", Of(leaf, hub));
        Assert.Equal("connection refused", stranger.Of(hub).LastError);
        leaf.Speaker.Originate(IpPrefix.Parse("10.1.0.0/26"));
        network.Settle();
        Assert.Single(hub.Best());
        leaf.Kill();
        network.Settle();
        Assert.Empty(hub.Speaker.Neighbors);
        Assert.Empty(hub.Best());
    }

    [Fact]
    public void MaxPrefixes_EndsTheSession()
    {
        var (a, b) = (network.Add("10.9.0.1"), network.Add("10.9.0.2"));
        a.Peer(b, agreed => agreed with { MaxPrefixes = 2, IsPassive = true });
        b.Peer(a);
        network.Settle();
        for (var i = 0; i < 3; i++)
        {
            b.Speaker.Originate(IpPrefix.Parse($"10.1.{i}.0/24"));
        }

        network.Settle();
        Assert.Contains("Maximum Number of Prefixes Reached", b.Of(a).LastError, StringComparison.Ordinal);
        Assert.Empty(a.Best());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void AsNumbers_OfFourOctets_CrossSpeakersOfTwo(bool first, bool second)
    {
        var (a, b, c) = (network.Add("10.9.0.1", 4_200_000_001), network.Add("10.9.0.2", 64513), network.Add("10.9.0.3", 4_200_000_003));
        a.Peer(b);
        b.Peer(a, agreed => agreed with { FourOctetAs = first, Asn = first ? a.Asn : OpenMessage.AsTrans });
        b.Peer(c, agreed => agreed with { FourOctetAs = second, Asn = second ? c.Asn : OpenMessage.AsTrans });
        c.Peer(b);
        a.Speaker.Originate(IpPrefix.Parse("10.1.0.0/24"));
        network.Settle();
        var path = c.Speaker.Routes(IpPrefix.Parse("10.1.0.0/24"))[0].Attributes.AsNumbers();
        // A speaker of two octets that gets AS_TRANS cannot know better; what it passes on is put right by AS4_PATH.
        Assert.Equal([64513u, 4_200_000_001u], path);
    }

    [Theory]
    [InlineData("00", BgpErrorCode.MessageHeader, 1)]
    [InlineData("ffffffffffffffffffffffffffffffff001205", BgpErrorCode.MessageHeader, 2)]
    [InlineData("ffffffffffffffffffffffffffffffff001309", BgpErrorCode.MessageHeader, 3)]
    [InlineData("ffffffffffffffffffffffffffffffff001d0103fc00005a0a09000200", BgpErrorCode.OpenMessage, 1)]
    [InlineData("ffffffffffffffffffffffffffffffff001d0104fc0000020a09000200", BgpErrorCode.OpenMessage, 6)]
    [InlineData("ffffffffffffffffffffffffffffffff001d0104fc00005a0000000000", BgpErrorCode.OpenMessage, 3)]
    [InlineData("ffffffffffffffffffffffffffffffff001304", BgpErrorCode.FiniteStateMachine, 1)]
    public void Receive_OfWhatIsMalformed_IsAnsweredByItsNotification(string hex, BgpErrorCode code, int subcode)
    {
        var a = network.Add("10.9.0.1");
        a.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse("10.9.0.2"), Asn = 64512, IsPassive = true }, network.Now);
        var connection = a.Speaker.Accept(IpAddress.Parse("10.9.0.2"), a.Address, network.Now)!;
        var own = connection.PeekOutput().Length;
        a.Speaker.Receive(connection, Convert.FromHexString(hex), network.Now);
        Assert.Equal(SessionState.Idle, connection.State);
        var sent = connection.PeekOutput().ToArray()[own..];
        if (sent.Length == 0)
        {
            connection.AdvanceOutput(own, network.Now);
            sent = connection.PeekOutput().ToArray();
        }

        Assert.Equal((3, (byte)code, (byte)subcode), (sent[18], sent[19], sent[20]));
    }
}
