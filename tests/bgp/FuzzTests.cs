using Podwire.Bgp.Session;
using Podwire.Bgp.Wire;
using Podwire.Primitives;

namespace Podwire.Bgp.Tests;

/// <summary>Every decoder, with random octets and with true messages that were damaged. FUZZ_SECONDS makes it run longer, FUZZ_SEED repeats a run: make fuzz (tests/fuzz/run.sh).</summary>
public sealed class FuzzTests
{
    private static readonly byte[][] Samples =
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
        MessageHeader.Build(BgpMessageType.Update, Convert.FromHexString("0000003c4001010040020a02020000fc0000000001400304ac1000018004040000000a40050400000064c008040001000280090401020304800a0401020305" + "18c000021a0af40100")),
        // MP_REACH of an IPv6 prefix.
        MessageHeader.Build(BgpMessageType.Update, Convert.FromHexString("0000002f800e1e0002011020010db80000000000000000000000010040fd0000000000000040010100400200" + "40050400000064")),
        MessageHeader.Build(BgpMessageType.Update, Convert.FromHexString("000400180a0a" + "0000")),
    ];

    [Fact]
    [Trait("fuzz", "yes")]
    public void AnyOctets_EndInAMessageANotificationOrNothing()
    {
        var seconds = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), out var asked) ? asked : 0;
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), out var given) ? given : seconds > 0 ? Environment.TickCount : 20261121;
        var random = new Random(seed);
        var network = new TestNetwork();
        var end = DateTime.UtcNow.AddSeconds(seconds);
        long inputs = 0;
        while (seconds > 0 ? DateTime.UtcNow < end : inputs < 60_000)
        {
            var speaker = network.Add("10.9.0.1");
            speaker.Speaker.Add(new NeighborConfig { Address = IpAddress.Parse("10.9.0.2"), Asn = 64512, IsPassive = true, AddPath = random.Next(2) == 0 ? AddPathMode.Both : AddPathMode.None, FourOctetAs = random.Next(4) != 0 }, network.Now);
            var connection = speaker.Speaker.Accept(IpAddress.Parse("10.9.0.2"), speaker.Address, network.Now)!;
            if (random.Next(5) != 0)
            {
                speaker.Speaker.Receive(connection, new OpenMessage(64512, 90, IpAddress.Parse("10.9.0.2"), new Capabilities { V4 = true, V6 = true, FourOctetAs = random.Next(3) == 0 ? null : 64512, RouteRefresh = true, EnhancedRouteRefresh = true, ExtendedMessage = true, AddPathV4 = AddPathMode.Both }).ToMessage(), network.Now);
                speaker.Speaker.Receive(connection, MessageHeader.Keepalive.Span, network.Now);
            }

            for (var i = 0; i < 40 && connection.State != SessionState.Idle; i++)
            {
                inputs++;
                speaker.Speaker.Receive(connection, Damaged(random), network.Now);
                speaker.Speaker.Flush();
                speaker.Speaker.Refill(connection);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {inputs} inputs");
        if (Environment.GetEnvironmentVariable("FUZZ_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText(log, $"{"BGP messages into a speaker",-36} seed {seed,-11} {inputs,11} inputs{Environment.NewLine}");
        }
    }

    private static byte[] Damaged(Random random)
    {
        var sample = (byte[])Samples[random.Next(Samples.Length)].Clone();
        for (var i = random.Next(4); i > 0; i--)
        {
            sample[random.Next(random.Next(3) == 0 ? 0 : 19, sample.Length) % sample.Length] = (byte)random.Next(256);
        }

        if (random.Next(8) == 0)
        {
            // A body of another length with a header that says so.
            var body = sample.AsSpan(19, random.Next(sample.Length - 18));
            return MessageHeader.Build((BgpMessageType)random.Next(1, 6), body);
        }

        return sample;
    }
}
