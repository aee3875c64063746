using Podwire.Bgp.Policy;
using Podwire.Bgp.Rib;
using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Every decoder by itself, with true messages that were damaged; a whole speaker: <see cref="SpeakerFuzzTests"/>.</summary>
public sealed class FuzzTests
{
    internal static readonly byte[][] Samples =
    [
        new OpenMessage(4_200_000_000, 90, IpAddress.Parse("10.0.0.1"), new Capabilities
        {
            V4 = true, V6 = true, RouteRefresh = true, EnhancedRouteRefresh = true, ExtendedMessage = true, FourOctetAs = 4_200_000_000,
            GracefulRestart = new(120, true, true, true, true, false), AddPathV4 = AddPathMode.Both, AddPathV6 = AddPathMode.Receive,
        }).ToMessage(),
        MessageHeader.Keepalive.ToArray(),
        NotificationMessage.Cease(2, "why").ToMessage(),
        RouteRefreshMessage.ToMessage(IpFamily.V6, 1),
        // Two prefixes with all attributes, IPv4.
        WirePeer.Update(string.Empty, "40010100 40020A 02020000FC0000000001 400304AC100001 8004040000000A 40050400000064 C0080400010002 80090401020304 800A0401020305", "18C00002 1A0AF40100"),
        // MP_REACH of an IPv6 prefix.
        WirePeer.Update(string.Empty, "800E1E000201 10 20010DB8000000000000000000000001 00 40FD00000000000000 40010100 400200 40050400000064", string.Empty),
        MessageHeader.Build(BgpMessageType.Update, Convert.FromHexString("0003100a0a" + "0000")),
        // Of a speaker of two octets: AS_PATH with a set, AGGREGATOR, AS4_PATH, AS4_AGGREGATOR, large communities.
        WirePeer.Update(string.Empty, "40010100 40020C 0202FC025BA0 0102FC055BA0 4003040A090002 C007065BA00A090007 C0110E 0201FA56EA01 0102 0000FC05FA56EA02 C01208FA56EA010A090008 C0200C0000FC000000000100000002", "180A0101"),
    ];

    /// <summary>Message by message without its header.</summary>
    [Theory]
    [Trait("fuzz", "yes")]
    [InlineData(BgpMessageType.Open)]
    [InlineData(BgpMessageType.Update)]
    [InlineData(BgpMessageType.Notification)]
    [InlineData(BgpMessageType.RouteRefresh)]
    public void Decoder_OfAMessage_ReadsOrRefuses(BgpMessageType type)
    {
        var (reader, turn) = (new UpdateReader(), 0);
        void Read(byte[] body)
        {
            turn++;
            switch (type)
            {
                case BgpMessageType.Open when body.Length >= 10:
                    var open = OpenMessage.Read(body);
                    // Without a family of ours there is nothing that says so.
                    Assert.True(open.Capabilities is { V4: false, V6: false } || open == OpenMessage.Read(open.ToMessage().AsSpan(MessageHeader.Size)));
                    break;
                case BgpMessageType.Notification when body.Length >= 2:
                    Assert.True(NotificationMessage.Read(body).ToString().Length > 0);
                    break;
                case BgpMessageType.RouteRefresh when body.Length >= 4:
                    RouteRefreshMessage.TryRead(body, out _, out _);
                    break;
                case BgpMessageType.Update:
                    Update(reader, body, turn % 4 != 3, turn % 3 != 2, turn > 100 && turn % 5 == 0);
                    break;
            }
        }

        Podwire.Fuzz.Fuzzer.Run($"BGP {type}", [.. Samples.Where(sample => sample[18] == (byte)type).Select(static sample => sample[MessageHeader.Size..])], Read, static e => e is BgpProtocolException);
    }

    /// <summary>An UPDATE down to the last prefix; what is not to be withdrawn is attributes that can be told on.</summary>
    private static void Update(UpdateReader reader, byte[] body, bool fourOctets, bool isInternal, bool hasPathIds)
    {
        reader.Read(body, fourOctets, isInternal);
        foreach (var (range, family) in ((Range, IpFamily)[])[(reader.Withdrawn, IpFamily.V4), (reader.Nlri, IpFamily.V4), (reader.Reach, reader.ReachFamily ?? IpFamily.V6), (reader.Unreach, reader.UnreachFamily ?? IpFamily.V6)])
        {
            var prefixes = new NlriReader(body.AsSpan(range), family, hasPathIds);
            while (prefixes.MoveNext())
            {
                Assert.True(prefixes.Prefix == PrefixKey.Of(prefixes.Prefix.ToPrefix(family)), "a prefix that is not what it was read as");
            }
        }

        if (reader.Withdraws is null && !reader.Attributes.IsEmpty)
        {
            var path = new PathAttributes(reader.Attributes.ToArray(), IpAddress.Parse("10.0.0.1"));
            var source = new RoutePeer(1, IpAddress.Parse("10.0.0.2"), 64512, 1, isInternal, IsClient: true);
            AttributeExport.Build(path, source, new GroupKey(IpFamily.V4, isInternal, true, 64512, 64513, !fourOctets, false, false, NextHopMode.Auto, IpAddress.Parse("10.0.0.3"), 7, RoutePolicy.AcceptAll), RouteAction.Accept);
        }
    }
}
