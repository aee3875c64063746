using Podwire.Netlink.Route;

namespace Podwire.Netlink.Tests;

/// <summary>Recorded messages with random damage: only the protocol exception may come out, and nothing may hang.</summary>
public class FuzzTests
{
    public static TheoryData<string> Captures => [.. Capture.Names];

    [Theory]
    [MemberData(nameof(Captures))]
    public void Decode_DamagedCapture_ThrowsNothingButTheProtocolException(string name)
    {
        var original = Capture.Load(name);
        var random = new Random(20261121);
        var refused = 0;
        for (var round = 0; round < 4000; round++)
        {
            var damaged = Damage(original, random);
            try
            {
                Read(damaged);
            }
            catch (NetlinkProtocolException e)
            {
                Assert.InRange(e.Offset, 0, damaged.Length);
                refused++;
            }
        }

        Assert.NotEqual(0, refused);
    }

    [Fact]
    [Trait("fuzz", "yes")]
    public void Decode_MutationsOfAllCaptures_ThrowNothingButTheProtocolException() =>
        Podwire.Fuzz.Fuzzer.Run("netlink messages", [.. Capture.Names.Select(n => Capture.Load(n))], bytes => Read(bytes), e => e is NetlinkProtocolException);

    [Theory]
    [MemberData(nameof(Captures))]
    public void Decode_EveryTruncation_ThrowsNothingButTheProtocolException(string name)
    {
        var original = Capture.Load(name);
        for (var length = 0; length < original.Length; length++)
        {
            try
            {
                Read(original.AsSpan(0, length));
            }
            catch (NetlinkProtocolException e)
            {
                Assert.InRange(e.Offset, 0, length);
            }
        }

        Read(original);
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        for (var change = random.Next(1, 5); change > 0; change--)
        {
            switch (random.Next(4))
            {
                case 0:
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    var at = random.Next(bytes.Length);
                    bytes.AsSpan(at, Math.Min(random.Next(1, 9), bytes.Length - at)).Fill((byte)(random.Next(2) * 0xff));
                    break;
                default:
                    bytes = bytes[..random.Next(1, bytes.Length + 1)];
                    break;
            }
        }

        return bytes;
    }

    private static void Read(ReadOnlySpan<byte> datagram)
    {
        var reader = new NetlinkMessageReader(datagram);
        while (reader.Read(out var message))
        {
            if (message.Type is NetlinkMessage.Error or NetlinkMessage.Done)
            {
                _ = NetlinkAck.Read(message).ToException("fuzz", default).Message;
            }

            _ = RouteNotification.Decode(message);
            _ = QdiscEntry.TryDecode(message, out _);
            _ = RedirectFilter.TryDecode(message, out _);
            _ = BridgeVlan.TryDecode(message, out _);
        }
    }
}
