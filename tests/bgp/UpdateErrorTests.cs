using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Errors in UPDATEs, case by case of RFC 7606: what is contained, what drops an attribute, what ends the session.</summary>
public sealed class UpdateErrorTests
{
    private const string Origin = "40010100";
    private const string Path = "400200";
    private const string Hop = "4003040A090002";
    private const string Pref = "40050400000064";
    private const string Good = Origin + Path + Hop + Pref;

    private readonly TestNetwork network = new();

    private static byte[] Prefix(int third) => WirePeer.Update(string.Empty, Good, $"180A01{third:X2}");

    [Theory]
    [InlineData("ORIGIN 3 (7.1)", "40010103" + Path + Hop + Pref)]
    [InlineData("ORIGIN of no octet (7.1)", "400100" + Path + Hop + Pref)]
    [InlineData("ORIGIN optional (3 c)", "C0010100" + Path + Hop + Pref)]
    [InlineData("ORIGIN missing (3 d)", Path + Hop + Pref)]
    [InlineData("AS_PATH missing (3 d)", Origin + Hop + Pref)]
    [InlineData("NEXT_HOP missing (3 d)", Origin + Path + Pref)]
    [InlineData("LOCAL_PREF missing (3 d)", Origin + Path + Hop)]
    [InlineData("AS_PATH with a segment of no number (7.2)", Origin + "4002020200" + Hop + Pref)]
    [InlineData("AS_PATH with a segment of type 5 (7.2)", Origin + "40020605010000FC01" + Hop + Pref)]
    [InlineData("AS_PATH with a segment that overruns it (7.2)", Origin + "40020602020000FC01" + Hop + Pref)]
    [InlineData("AS_PATH with half a segment (7.2)", Origin + "40020702010000FC0102" + Hop + Pref)]
    [InlineData("AS_PATH with a confederation's sequence (RFC 5065 5)", Origin + "40020603010000FC01" + Hop + Pref)]
    [InlineData("AS_PATH with a confederation's set (RFC 5065 5)", Origin + "40020604010000FC01" + Hop + Pref)]
    [InlineData("NEXT_HOP of five octets (7.3)", Origin + Path + "4003050A09000200" + Pref)]
    [InlineData("NEXT_HOP 0.0.0.0 (7.3)", Origin + Path + "40030400000000" + Pref)]
    [InlineData("NEXT_HOP a group (7.3)", Origin + Path + "400304E0000001" + Pref)]
    [InlineData("NEXT_HOP 127.0.0.1 (7.3)", Origin + Path + "4003047F000001" + Pref)]
    [InlineData("MULTI_EXIT_DISC of three octets (7.4)", Good + "800403000001")]
    [InlineData("MULTI_EXIT_DISC transitive (3 c)", Good + "C0040400000001")]
    [InlineData("LOCAL_PREF of two octets (7.5)", Origin + Path + Hop + "4005020064")]
    [InlineData("COMMUNITIES of three octets (7.8)", Good + "C00803000001")]
    [InlineData("COMMUNITIES of none (7.8)", Good + "C00800")]
    [InlineData("ORIGINATOR_ID of five octets (7.9)", Good + "8009050102030405")]
    [InlineData("CLUSTER_LIST of six octets (7.10)", Good + "800A06010203040506")]
    [InlineData("CLUSTER_LIST of none (7.10)", Good + "800A00")]
    [InlineData("EXTENDED COMMUNITIES of seven octets (7.14)", Good + "C01007000200010000FF")]
    [InlineData("LARGE_COMMUNITY of eleven octets (RFC 8092 5)", Good + "C0200B0000FC000000000100000002")]
    [InlineData("an unknown well-known attribute (3 c)", Good + "40630100")]
    [InlineData("an attribute that overruns the list (4)", Good + "C008FF0001")]
    [InlineData("a last attribute of one octet (4)", Good + "C0")]
    public void Attribute_Malformed_CountsAsWithdrawal(string what, string attributes)
    {
        var (_, sender, reader) = Reflected();
        sender.Send(WirePeer.Update(string.Empty, attributes, "180A0101"));
        // The first goes, the second stays, and so does the session.
        Assert.Equal(["UPDATE 0004180A01010000"], reader.News());
        Assert.Equal((SessionState.Established, 1L, 1), (sender.Connection.State, sender.Neighbor.TreatedAsWithdraw, sender.Neighbor.Prefixes));
        Assert.True(sender.News().Count == 0, what);
    }

    [Theory]
    [InlineData("ATOMIC_AGGREGATE of one octet (7.6)", "40060100")]
    [InlineData("AGGREGATOR of seven octets (7.7)", "C007070000FC000A0900")]
    [InlineData("an attribute twice (3 g)", "40010101")]
    [InlineData("AS4_PATH from a speaker of four octets (RFC 6793 6)", "C0110602010000FC01")]
    [InlineData("AS4_AGGREGATOR from a speaker of four octets (RFC 6793 6)", "C012080000FC010A090002")]
    [InlineData("an unknown attribute that goes no further (RFC 4271 5)", "80630100")]
    public void Attribute_OfNoConsequence_IsDroppedAndTheRouteStays(string what, string attribute)
    {
        var (hub, sender, reader) = Reflected();
        sender.Send(WirePeer.Update(string.Empty, Good + attribute, "180A0109"));
        Assert.Contains("180A0109", Assert.Single(reader.News()), StringComparison.Ordinal);
        Assert.Equal(WirePeer.Octets(Origin + Path + Pref), hub.Speaker.Routes(IpPrefix.Parse("10.1.9.0/24")).Single().Attributes.Raw);
        Assert.True(sender.Neighbor.TreatedAsWithdraw == 0, what);
    }

    [Theory]
    [InlineData("LOCAL_PREF (7.5)", "40050400000001")]
    [InlineData("LOCAL_PREF of one octet (7.5)", "40050101")]
    [InlineData("ORIGINATOR_ID (7.9)", "80090401020304")]
    [InlineData("CLUSTER_LIST (7.10)", "800A0401020304")]
    public void Attribute_OfWithinAnAs_FromAnotherAs_IsDropped(string what, string attribute)
    {
        var hub = network.Add("10.9.0.1");
        var sender = new WirePeer(network, hub, change: agreed => agreed with { Asn = 64513, IsClient = false }).Establish(WirePeer.All with { FourOctetAs = 64513 }, 64513);
        sender.Send(WirePeer.Update(string.Empty, Origin + "40020602010000FC01" + Hop + attribute, "180A0101"));
        var path = hub.Speaker.Routes(IpPrefix.Parse("10.1.1.0/24")).Single().Attributes;
        Assert.True(path is { LocalPref: null, OriginatorId: null, ClusterList: [] }, what);
    }

    [Theory]
    [InlineData("withdrawn routes that overrun the message", "00FF0000", "3/1")]
    [InlineData("attributes that overrun the message", "000000FF", "3/1")]
    [InlineData("withdrawn routes that leave no room for the attributes' length", "0003180A01", "3/1")]
    [InlineData("MP_REACH_NLRI twice (3 g)", "00000012 800E060001010400 00 800E060001010400 00", "3/1")]
    [InlineData("MP_UNREACH_NLRI twice (3 g)", "0000000C 800F03000201 800F03000201", "3/1")]
    [InlineData("MP_REACH_NLRI of three octets (7.11)", "00000006 800E03000201", "3/1")]
    [InlineData("MP_REACH_NLRI whose next hop overruns it (7.11)", "00000008 800E050002012000", "3/1")]
    [InlineData("MP_REACH_NLRI with a next hop of five octets (7.11)", "0000000E 800E0B00020105000000000000 08", "3/1")]
    [InlineData("MP_UNREACH_NLRI of two octets (7.12)", "00000005 800F020002", "3/1")]
    [InlineData("malformed and nothing announced (5.2)", "00000004 40010103", "3/1")]
    [InlineData("cut off and nothing announced (5.2)", "00000003 C008FF", "3/1")]
    public void Update_ThatCannotBeRead_EndsTheSession(string what, string body, string error)
    {
        var (hub, sender, reader) = Reflected();
        sender.Send(MessageHeader.Build(BgpMessageType.Update, WirePeer.Octets(body)));
        Assert.Equal(SessionState.Idle, sender.Connection.State);
        Assert.StartsWith($"NOTIFICATION {error}", Assert.Single(sender.News()), StringComparison.Ordinal);
        Assert.Equal(["UPDATE 0008180A0101180A01020000"], reader.News());
        Assert.True(hub.Speaker.PathCount(IpFamily.V4) == 0, what);
    }

    [Theory]
    [InlineData("21 0A010100 00")]
    [InlineData("18 0A01")]
    public void Prefix_ThatIsNone_EndsTheSession(string prefix)
    {
        // RFC 7606 section 5.3: what follows it cannot be told apart any more.
        var (_, sender, _) = Reflected();
        sender.Send(WirePeer.Update(string.Empty, Good, prefix));
        Assert.Equal("NOTIFICATION 3/10", Assert.Single(sender.News()));
    }

    [Fact]
    public void Flags_OfMpReachWrong_CountAsWithdrawal()
    {
        var (_, sender, reader) = Reflected();
        const string Reach = "0E1E0002011020010DB800000000000000000000000200 40FD00000000000000";
        sender.Send(WirePeer.Update(string.Empty, "80" + Reach + Origin + Path + Pref, string.Empty));
        Assert.Single(reader.News());
        sender.Send(WirePeer.Update(string.Empty, "C0" + Reach + Origin + Path + Pref, string.Empty));
        Assert.Equal(["UPDATE 00000010900F000C00020140FD00000000000000"], reader.News());
        Assert.Equal(SessionState.Established, sender.Connection.State);
    }

    [Fact]
    public void Attribute_UnknownButTransitive_GoesOnMarkedAsPartial()
    {
        var (_, sender, reader) = Reflected();
        sender.Send(WirePeer.Update(string.Empty, Good + "C06302ABCD", "180A0109"));
        Assert.Contains("E06302ABCD", Assert.Single(reader.News()), StringComparison.Ordinal);
    }

    /// <summary>A reflector with two clients; the first has told 10.1.1.0/24 and 10.1.2.0/24, and the other has read them.</summary>
    private (TestSpeaker Hub, WirePeer Sender, WirePeer Reader) Reflected()
    {
        var hub = network.Add("10.9.0.1");
        var (sender, reader) = (new WirePeer(network, hub).Establish(), new WirePeer(network, hub, "10.9.0.3").Establish());
        sender.Send(Prefix(1), Prefix(2));
        reader.Read();
        sender.Read();
        return (hub, sender, reader);
    }
}
