using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>What becomes of a route: choice (RFC 4271 section 9.1, RFC 4456 section 9), loops, AS numbers (RFC 6793), families (RFC 4760), path identifiers (RFC 7911), long messages (RFC 8654).</summary>
public sealed partial class RouteTests
{
    private static readonly IpPrefix Prefix = IpPrefix.Parse("10.1.1.0/24");
    private readonly TestNetwork network = new();
    private readonly TestSpeaker hub;

    public RouteTests() => hub = network.Add("10.9.0.1");

    private WirePeer Inner(string address, Capabilities? capabilities = null, Func<NeighborConfig, NeighborConfig>? change = null) => new WirePeer(network, hub, address, change).Establish(capabilities);

    private WirePeer Outer(string address, uint asn, Capabilities? capabilities = null, Func<NeighborConfig, NeighborConfig>? change = null)
    {
        var peer = new WirePeer(network, hub, address, agreed => (change?.Invoke(agreed) ?? agreed) with { Asn = asn, IsClient = false });
        peer.Send(peer.Open(capabilities ?? (WirePeer.All with { FourOctetAs = asn }), asn).ToMessage(), MessageHeader.Keepalive.ToArray());
        peer.Read();
        Assert.Equal(SessionState.Established, peer.Connection.State);
        return peer;
    }

    [Theory]
    [InlineData("LOCAL_PREF", "400200 40050400000065", "400200 40050400000064", "lower LOCAL_PREF: 100 against 101")]
    [InlineData("AS path", "40020602010000FC01 40050400000064", "40020A02020000FC010000FC02 40050400000064", "longer AS path: 2 against 1")]
    [InlineData("a set counts one", "40020A0102 0000FC010000FC02 40050400000064", "40020A0202 0000FC010000FC02 40050400000064", "longer AS path: 2 against 1")]
    [InlineData("origin", "400200 40050400000064", "400200 40050400000064 O2", "higher origin: 2 against 0")]
    [InlineData("MED of one AS", "40020602010000FC01 8004040000000A 40050400000064", "40020602010000FC01 8004040000000B 40050400000064", "higher MED: 11 against 10")]
    [InlineData("MED absent is 0", "40020602010000FC01 40050400000064", "40020602010000FC01 8004040000000B 40050400000064", "higher MED: 11 against 0")]
    [InlineData("originator for the identifier", "400200 40050400000064 80090401010101", "400200 40050400000064 80090401010102", "as good; higher identifier: 1.1.1.2 against 1.1.1.1")]
    [InlineData("cluster list", "400200 40050400000064 80090401010101 800A0405050505", "400200 40050400000064 80090401010101 800A080505050506060606", "as good; longer cluster list: 2 against 1")]
    [InlineData("neighbour's address", "400200 40050400000064 80090401010101", "400200 40050400000064 80090401010101", "as good; higher neighbour address: 10.9.0.5 against 10.9.0.2")]
    public void Choice_OfTwo_IsMadeByTheFirstStepThatDiffers(string step, string better, string worse, string reason)
    {
        // Whichever comes first.
        foreach (var isBetterFirst in (bool[])[true, false])
        {
            var speaker = network.Add($"10.9.{(isBetterFirst ? 1 : 2)}.1");
            var (first, second) = (new WirePeer(network, speaker).Establish(), new WirePeer(network, speaker, "10.9.0.5").Establish());
            void Tell(WirePeer peer, string attributes) => peer.Send(WirePeer.Update(string.Empty, (attributes.EndsWith("O2", StringComparison.Ordinal) ? "40010102 " : "40010100 ") + $"400304{WirePeer.Hex(peer.Address)}" + attributes.Replace("O2", string.Empty, StringComparison.Ordinal), "180A0101"));
            if (isBetterFirst)
            {
                Tell(first, better);
                Tell(second, worse);
            }
            else
            {
                Tell(second, worse);
                Tell(first, better);
            }

            var verdicts = speaker.Speaker.Explain(Prefix);
            Assert.Equal(first.Address, verdicts[0].Route.From);
            Assert.Equal((step, "best", reason), (step, verdicts[0].Reason, verdicts[1].Reason));
        }
    }

    [Fact]
    public void Choice_BetweenOutsideAndWithin_IsForOutside()
    {
        Inner("10.9.0.2").Send(WirePeer.Update(string.Empty, "40010100 40020602010000FC01 4003040A090002 40050400000064", "180A0101"));
        Outer("10.9.0.3", 64513).Send(WirePeer.Update(string.Empty, "40010100 40020602010000FC01 4003040A090003", "180A0101"));
        var verdicts = hub.Speaker.Explain(Prefix);
        Assert.Equal(("10.9.0.3", "learned within the AS, the best from outside"), (verdicts[0].Route.From.ToString(), verdicts[1].Reason));
    }

    [Fact]
    public void Attributes_ToAnotherAs_AreOursToGive()
    {
        var (inner, outer) = (Inner("10.9.0.2"), Outer("10.9.0.3", 64513));
        inner.Send(WirePeer.Update(string.Empty, "40010100 400200 4003040A090002 80040400000007 40050400000064 80090401010101 800A0405050505 C00804FC000001", "180A0101"));
        // The own AS before the path, our next hop; no MED, LOCAL_PREF, originator, clusters. The community goes along.
        Assert.Equal(["UPDATE 0000001B40010100" + "40020602010000FC00" + "4003040A090001" + "C00804FC000001" + "180A0101"], outer.News());
    }

    [Fact]
    public void Reflection_AddsOriginatorAndCluster_AndChangesNothingElse()
    {
        var (sender, reader, other) = (Inner("10.9.0.2"), Inner("10.9.0.3"), Inner("10.9.0.4", change: static agreed => agreed with { IsClient = false }));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0101"));
        Assert.Equal(["UPDATE 0000002340010100400200" + "4003040A090002" + "40050400000064" + "8009040A090002" + "800A040A090001" + "180A0101"], reader.News());
        Assert.Single(other.News());
        // From one that is no client: to clients only, and the clusters it has been through stay behind ours.
        other.Send(WirePeer.Update(string.Empty, $"{other.Attributes} 80090402020202 800A0405050505", "180A0102"));
        Assert.Contains("80090402020202800A080A09000105050505", Assert.Single(reader.News()), StringComparison.Ordinal);
        var third = Inner("10.9.0.5", change: static agreed => agreed with { IsClient = false });
        Assert.DoesNotContain(third.News(), static message => message.Contains("0A0102", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("our identifier as originator", "8009040A090001")]
    [InlineData("our cluster in the list", "800A0805050505 0A090001")]
    public void Route_ThatCameRound_ReplacesAndIsNone(string why, string attribute)
    {
        var (sender, reader) = (Inner("10.9.0.2"), Inner("10.9.0.3"));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0101"));
        reader.Read();
        sender.Send(WirePeer.Update(string.Empty, $"{sender.Attributes} {attribute}", "180A0101"));
        Assert.Equal(["UPDATE 0004180A01010000"], reader.News());
        Assert.True(sender.Connection.State == SessionState.Established, why);
    }

    [Fact]
    public void Families_InOneMessage_AreEachTaken()
    {
        var (sender, reader) = (Inner("10.9.0.2"), Inner("10.9.0.3"));
        const string Hop = "20010DB8000000000000000000000002";
        // IPv4 in NLRI, IPv6 in MP_REACH_NLRI with a link-local next hop besides, of which the global one counts (RFC 2545).
        sender.Send(WirePeer.Update(string.Empty, $"800E2E000201 20 {Hop} FE800000000000000000000000000002 00 40FD00000000000001 {sender.Attributes}", "180A0101"));
        Assert.Equal("2001:db8::2", hub.Speaker.Routes(IpPrefix.Parse("fd00:0:0:1::/64")).Single().Attributes.NextHop.ToString());
        Assert.Equal(2, reader.News().Count);
        // And withdrawn in one: MP_UNREACH_NLRI beside withdrawn routes.
        sender.Send(WirePeer.Update("180A0101", "800F0C000201 40FD00000000000001", string.Empty));
        Assert.Equal((0, 0), (hub.Speaker.PathCount(IpFamily.V4), hub.Speaker.PathCount(IpFamily.V6)));
        Assert.Equal(["UPDATE 0004180A01010000", "UPDATE 00000010900F000C00020140FD00000000000001"], reader.News());
        // IPv4 in MP_REACH_NLRI is IPv4 too (RFC 4760 section 3).
        sender.Send(WirePeer.Update(string.Empty, "800E0D000101 04 0A090002 00 180A0101 40010100 400200 40050400000064", string.Empty));
        Assert.Single(hub.Speaker.Routes(Prefix));
    }

    [Fact]
    public void Family_ThatWasNotAgreed_IsPassedOver()
    {
        var peer = Inner("10.9.0.2", WirePeer.All with { V6 = false });
        peer.Send(WirePeer.Update(string.Empty, "800E1E000201 10 20010DB8000000000000000000000002 00 40FD00000000000001 40010100 400200 40050400000064", string.Empty));
        peer.Send(WirePeer.Update(string.Empty, "800E0D000180 04 0A090002 00 180A0101 40010100 400200 40050400000064", string.Empty));
        Assert.Equal((0, 0, SessionState.Established), (hub.Speaker.PathCount(IpFamily.V4), hub.Speaker.PathCount(IpFamily.V6), peer.Connection.State));
    }

    [Fact]
    public void PathIdentifiers_EachWay_AreTheSendersOwn()
    {
        static NeighborConfig Both(NeighborConfig agreed) => agreed with { AddPath = AddPathMode.Both };
        var (sender, reader) = (Inner("10.9.0.2", WirePeer.All with { AddPathV4 = AddPathMode.Both }, Both), Inner("10.9.0.3", WirePeer.All with { AddPathV4 = AddPathMode.Receive }, Both));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "00000007 180A0101 00000009 180A0101"));
        Assert.Equal([7u, 9u], hub.Speaker.Routes(Prefix).Select(static route => route.PathId).Order());
        var told = Assert.Single(reader.News());
        string[] numbers = [told[^32..^24], told[^16..^8]];
        Assert.NotEqual(numbers[0], numbers[1]);
        // The same identifier again is another path in the place of the one (RFC 7911 section 3); the other is withdrawn by its number.
        sender.Send(WirePeer.Update(string.Empty, $"{sender.Attributes} 80040400000005", "00000007 180A0101"));
        var seventh = Assert.Single(reader.News())[^16..^8];
        Assert.Contains(seventh, numbers);
        sender.Send(WirePeer.Update("00000009 180A0101", string.Empty, string.Empty));
        Assert.Equal([$"UPDATE 0008{numbers.Single(number => number != seventh)}180A01010000"], reader.News());
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "000009"));
        Assert.Equal("NOTIFICATION 3/10", Assert.Single(sender.News()));
    }

    [Theory]
    [InlineData(AddPathMode.Send, AddPathMode.Receive, false, true)]
    [InlineData(AddPathMode.Receive, AddPathMode.Send, true, false)]
    [InlineData(AddPathMode.Both, AddPathMode.Both, true, true)]
    [InlineData(AddPathMode.Send, AddPathMode.Send, false, false)]
    [InlineData(AddPathMode.Both, AddPathMode.None, false, false)]
    public void PathIdentifiers_AreUsedInTheDirectionsThatBothWant(AddPathMode ours, AddPathMode theirs, bool receives, bool sends)
    {
        var agreed = Inner("10.9.0.2", WirePeer.All with { AddPathV4 = theirs }, config => config with { AddPath = ours }).Connection.Negotiated!;
        Assert.Equal((receives, sends, false), (agreed.ReceivesPaths(IpFamily.V4), agreed.SendsPaths(IpFamily.V4), agreed.ReceivesPaths(IpFamily.V6)));
    }

    [Fact]
    public void PathIdentifiers_OfANeighbourThatLagged_AreAllWithdrawn()
    {
        static NeighborConfig Both(NeighborConfig agreed) => agreed with { AddPath = AddPathMode.Both };
        var (sender, reader) = (Inner("10.9.0.2", WirePeer.All with { AddPathV4 = AddPathMode.Both }, Both), Inner("10.9.0.3", WirePeer.All with { AddPathV4 = AddPathMode.Both }, Both));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "00000007 180A0101"));
        var number = Assert.Single(reader.News())[^16..^8];
        Fill(sender, "00000001");
        // Withdrawn in the very turn in which the reader turns out to lag.
        sender.Send(WirePeer.Update("00000007 180A0101", string.Empty, string.Empty));
        var told = reader.News();
        Assert.Contains($"UPDATE 0008{number}180A01010000", told);
    }

    [Fact]
    public void LongMessages_ToThoseWhoTakeThem_AndNoneToOthers()
    {
        var (sender, longer, shorter) = (Inner("10.9.0.2"), Inner("10.9.0.3"), Inner("10.9.0.4", WirePeer.All with { ExtendedMessage = false }));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, string.Concat(Enumerable.Range(0, 3000).Select(static i => $"200A{i >> 8:X4}{i & 255:X2}"))));
        Assert.Single(longer.News());
        var pieces = shorter.News();
        Assert.Equal(4, pieces.Count);
        Assert.All(pieces, static piece => Assert.True((piece.Length - 7) / 2 <= 4096 - 19));

        // Communities of 8,000 octets: a route that those of short messages cannot be told; the one they had goes (RFC 8654 section 4).
        var longs = $"{sender.Attributes} D0081F40{string.Concat(Enumerable.Range(0, 2000).Select(static i => $"FC00{i:X4}"))}";
        sender.Send(WirePeer.Update(string.Empty, longs, "200A000000"));
        Assert.Single(longer.News());
        Assert.Equal(["UPDATE 0005200A0000000000"], shorter.News());
        Assert.Contains(hub.Log, static line => line.Contains("10.0.0.0/32: the attributes are longer", StringComparison.Ordinal));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "200A000000"));
        Assert.Single(shorter.News());
    }

    [Fact]
    public void LongMessages_NearTheirEnd_HarmNothing()
    {
        // Two-octet numbers, so that the path doubles; and attributes that leave no room for ours.
        var (sender, wide, reader) = (Inner("10.9.0.2", WirePeer.All with { FourOctetAs = null }), Inner("10.9.0.5"), Inner("10.9.0.3"));
        var path = string.Concat(Enumerable.Repeat($"02FF{string.Concat(Enumerable.Repeat("FC01", 255))}", 100));
        sender.Send(WirePeer.Update(string.Empty, $"40010100 5002{path.Length / 2:X4}{path} 4003040A090002 40050400000064", "180A0101"));
        Assert.Equal(1, sender.Neighbor.TreatedAsWithdraw);
        wide.Send(WirePeer.Update(string.Empty, $"{wide.Attributes} D008EA00{string.Concat(Enumerable.Repeat("FC000001", 0xEA00 / 4))}", "180A0102"));
        Assert.Equal(SessionState.Established, wide.Connection.State);
        var long4 = string.Concat(Enumerable.Repeat($"02FF{string.Concat(Enumerable.Repeat("FA56EA01", 255))}", 20));
        var narrow = Inner("10.9.0.6", WirePeer.All with { FourOctetAs = null });
        wide.Send(WirePeer.Update(string.Empty, $"40010100 5002{long4.Length / 2:X4}{long4} 4003040A090005 40050400000064", "180A0103"));
        Assert.All((WirePeer[])[reader, narrow], peer => Assert.Contains(peer.News(), static message => message.EndsWith("180A0103", StringComparison.Ordinal)));
    }

    [Fact]
    public void Neighbour_ThatLagged_IsToldNothingInVain()
    {
        var (sender, lagging) = (Inner("10.9.0.2"), Inner("10.9.0.3"));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0101 180A0102"));
        lagging.Read();
        Fill(sender, string.Empty);
        lagging.Send(WirePeer.Update(string.Empty, lagging.Attributes, "180A0107"));
        sender.Send(WirePeer.Update("180A0101", string.Empty, string.Empty));
        sender.Send(WirePeer.Update(string.Empty, sender.Attributes, "180A0109"), WirePeer.Update("180A0109", string.Empty, string.Empty));
        var told = lagging.News();
        // Its own route and one that came and went meanwhile are not withdrawn from it; the one that it had is. What has not changed is not told again.
        Assert.Equal(["UPDATE 0004180A01010000"], told.Where(static message => !message.StartsWith("UPDATE 0000", StringComparison.Ordinal)));
        Assert.DoesNotContain(told, static message => message.Contains("180A0102", StringComparison.Ordinal) || message.Contains("180A0107", StringComparison.Ordinal));
    }

    [Fact]
    public void LargeCommunities_GoThroughUnchanged()
    {
        var (sender, reader, outer) = (Inner("10.9.0.2"), Inner("10.9.0.3"), Outer("10.9.0.4", 64513));
        const string Large = "C020180000FC0000000001000000020000FC000000000300000004";
        sender.Send(WirePeer.Update(string.Empty, $"{sender.Attributes} {Large}", "180A0101"));
        Assert.All((WirePeer[])[reader, outer], peer => Assert.Contains(Large, Assert.Single(peer.News()), StringComparison.Ordinal));
    }

    /// <summary>Announces so much, flushed, that whoever does not read has left its group: more than a megabyte.</summary>
    private void Fill(WirePeer sender, string identifier)
    {
        for (var med = 1; med <= 12; med++)
        {
            sender.Send(WirePeer.Update(string.Empty, $"{sender.Attributes} 800404{med:X8}", string.Concat(Enumerable.Range(0, 6000).Select(i => $"{identifier}200B{i >> 8:X4}{i & 255:X2}"))));
            for (var i = 0; i < 3; i++)
            {
                sender.Send(WirePeer.Update(string.Empty, $"{sender.Attributes} 800404{med:X8}", string.Concat(Enumerable.Range(0, 6000).Select(n => $"{identifier}20{12 + i:X2}{n >> 8:X4}{n & 255:X2}"))));
            }

            hub.Speaker.Flush();
        }
    }
}
