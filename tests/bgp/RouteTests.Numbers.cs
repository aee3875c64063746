using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <content>AS numbers: of four octets between speakers of two, and our own in a path.</content>
public sealed partial class RouteTests
{
    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, true)]
    [InlineData(1, 2, false)]
    public void OwnAs_InThePath_IsTakenSoOftenAsIsAllowed(int allowed, int times, bool isTaken)
    {
        var peer = Outer("10.9.0.3", 64513, change: agreed => agreed with { AllowOwnAs = allowed });
        var numbers = "0000FC01" + string.Concat(Enumerable.Repeat("0000FC00", times));
        peer.Send(WirePeer.Update(string.Empty, $"40010100 4002{2 + (4 * (times + 1)):X2}02{times + 1:X2}{numbers} 4003040A090003", "180A0101"));
        Assert.Equal(isTaken, hub.Speaker.Routes(Prefix).Count > 0);
    }

    [Theory]
    [InlineData("no AS4_PATH", "40020602025BA0FC01", "", "23456 64513")]
    [InlineData("all of it", "40020602025BA0FC01", "C0110A0202 FA56EA01 0000FC01", "4200000001 64513")]
    [InlineData("the nearest lacks, for it knew no better", "4002080203FC02FC015BA0", "C0110602 01 FA56EA01", "64514 64513 4200000001")]
    [InlineData("longer than the path: it counts for nothing", "40020402015BA0", "C0110A0202 FA56EA01 0000FC01", "23456")]
    [InlineData("a set before", "40020A0102FC02FC0302015BA0", "C0110602 01 FA56EA01", "64514 64515 4200000001")]
    [InlineData("a set in it", "40020A0201FC0201025BA0FC05", "C0110A0102 FA56EA01 0000FC05", "64514 4200000001 64517")]
    [InlineData("a confederation's segment in it is passed over", "40020602025BA0FC01", "C011100301 0000FFFF 0202 FA56EA01 0000FC01", "4200000001 64513")]
    [InlineData("malformed: it is dropped", "40020402015BA0", "C011050201 FA56EA", "23456")]
    [InlineData("the aggregator knew no four octets: neither counts", "40020402015BA0", "C0110602 01 FA56EA01 C00706FC050A090007 C01208FA56EA010A090008", "23456")]
    public void As4Path_FromASpeakerOfTwoOctets_IsMerged(string what, string path, string attributes, string expected)
    {
        var peer = Inner("10.9.0.2", WirePeer.All with { FourOctetAs = null });
        peer.Send(WirePeer.Update(string.Empty, $"40010100 {path} 4003040A090002 40050400000064 {attributes}", "180A0101"));
        Assert.Equal((what, expected), (what, string.Join(' ', hub.Speaker.Routes(Prefix).Single().Attributes.AsNumbers())));
    }

    [Theory]
    [InlineData("its number was translated", "C007065BA00A090007 C01208FA56EA010A090008", "C00708FA56EA010A090008")]
    [InlineData("it was not", "C00706FC050A090007 C01208FA56EA010A090008", "C007080000FC050A090007")]
    [InlineData("there is no other", "C007065BA00A090007", "C0070800005BA00A090007")]
    public void Aggregator_FromASpeakerOfTwoOctets_IsTheTrueOne(string what, string attributes, string kept)
    {
        var peer = Inner("10.9.0.2", WirePeer.All with { FourOctetAs = null });
        peer.Send(WirePeer.Update(string.Empty, $"{peer.Attributes} {attributes}", "180A0101"));
        Assert.True(Convert.ToHexString(hub.Speaker.Routes(Prefix).Single().Attributes.Raw).EndsWith(kept, StringComparison.Ordinal), what);
    }

    [Fact]
    public void LongNumbers_ToASpeakerOfTwoOctets_GoInAttributesOfTheirOwn()
    {
        var (sender, reader) = (Inner("10.9.0.2"), Inner("10.9.0.3", WirePeer.All with { FourOctetAs = null }));
        sender.Send(WirePeer.Update(string.Empty, "40010100 40020A0202 FA56EA01 0000FC01 4003040A090002 40050400000064 C00708FA56EA010A090007", "180A0101"));
        var told = Assert.Single(reader.News());
        Assert.Contains("40020602025BA0FC01", told, StringComparison.Ordinal);
        Assert.Contains("C0110A0202FA56EA010000FC01", told, StringComparison.Ordinal);
        Assert.Contains("C007065BA00A090007C01208FA56EA010A090007", told, StringComparison.Ordinal);
    }
}
